from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.queue_control import Pause
from backstage.domain.stats import Count, OldestDue, StateCounts
from backstage.worker.watching.metrics import MOST_LANES, OTHERS

Lane = tuple[str, str]
"""Queue and type."""


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """The whole store, by lane: the first MOST_LANES by name, all others added up as OTHERS.

    Lanes are never forgotten, so one that is among the others stays there: no sum of what can only grow ever shrinks.
    """

    lanes: Mapping[Lane, StateCounts]
    """All tasks that ever were, pruned ones too."""
    stored: Mapping[Lane, Mapping[str, int]]
    """State to how many tasks are in it and stored."""
    oldest_due: Mapping[Lane, float]
    """Seconds; lanes in which nothing is due are left out."""
    pauses: Sequence[Pause]

    @classmethod
    def of(cls, counts: Sequence[Count], oldest_due: Iterable[OldestDue], pauses: Sequence[Pause]) -> Self:
        known = sorted({(count.queue, plain_type(count.type)) for count in counts})[:MOST_LANES]
        named = dict(zip(known, known, strict=True))
        rows: dict[Lane, list[Count]] = {}
        stored: dict[Lane, Counter[str]] = {}
        for count in counts:
            lane = named.get((count.queue, plain_type(count.type)), OTHERS)
            rows.setdefault(lane, []).append(count)
            stored.setdefault(lane, Counter())[count.state.value] += count.tasks - count.pruned
        longest: dict[Lane, float] = {}
        for row in oldest_due:
            lane = named.get((row.queue, plain_type(row.type)), OTHERS)
            longest[lane] = max(longest.get(lane, 0.0), row.waited)
        return cls({lane: StateCounts.of(each) for lane, each in rows.items()}, stored, longest, pauses[:MOST_LANES])

    @classmethod
    async def read(cls, backend: Backend) -> Self:
        """Raises StorageUnavailableError."""
        return cls.of(await backend.tasks.counts(), await backend.tasks.oldest_due(), await backend.control.paused())

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.failure_group import FailureGroup, FailureSighting
from backstage.domain.history import HistoryQuery, HistoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBatch:
    """What a worker has counted since its last batch. `rows` are of minutes, each queue and type once; the sightings
    have one for each fingerprint. `number` rises with each batch of the `writer`."""

    writer: str
    number: int
    rows: tuple[HistoryRow, ...] = ()
    sightings: tuple[FailureSighting, ...] = ()


class RunHistory(Protocol):
    """What ran and what failed, in numbers that outlive the tasks. Errors are those of TaskRepository."""

    async def add(self, batch: HistoryBatch) -> None:
        """Add the numbers to those of their minutes and hours, in one step; nothing for a batch that was added before,
        so a writer that lost the reply may ask again."""
        ...

    async def read(self, query: HistoryQuery) -> list[HistoryRow]:
        """The sums of each step, and of each queue and type that `by` asks for; steps without any are left out."""
        ...

    async def failure_groups(
        self, since: datetime, limit: int, before: tuple[datetime, str] | None, type: str | None
    ) -> list[FailureGroup]:
        """Groups last seen at or after `since`, the latest first; those after the group of that moment and fingerprint
        in this order."""
        ...

    async def mark_failure_group(
        self, fingerprint: str, *, is_muted: bool | None = None, note: str | None = None
    ) -> bool:
        """Change what is not None; an empty note is none. Returns whether there is such a group."""
        ...

    async def forget(self) -> None:
        """Delete what is older than it is kept."""
        ...

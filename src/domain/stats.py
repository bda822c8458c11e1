"""How many tasks are in each state: exact, counted as tasks move and never by scanning them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.task_state import TaskState


@dataclass(frozen=True, slots=True)
class Count:
    """Tasks of one type on one queue in one state, each version of its payload by itself (`Task.lane_type`).

    `pruned` of them are counted but no longer stored."""

    queue: str
    type: str
    state: TaskState
    tasks: int
    pruned: int = 0


@dataclass(frozen=True, slots=True)
class OldestDue:
    """How many seconds the oldest due task of one type on one queue has waited. Stores tell each version of the payload
    by itself (`Task.lane_type`), `get_oldest_due` all together."""

    queue: str
    type: str
    waited: float


@dataclass(frozen=True, slots=True)
class StateCounts:
    """Counts by state, which survive pruning.

    `completed` is all that ever completed, `pruned` how many of the final ones are no longer stored.
    """

    pending: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    pruned: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.running + self.completed + self.failed + self.cancelled

    @classmethod
    def of(cls, counts: Iterable[Count]) -> StateCounts:
        by_state = dict.fromkeys(TaskState, 0)
        pruned = 0
        for count in counts:
            by_state[count.state] += count.tasks
            pruned += count.pruned
        return cls(**{state.value: number for state, number in by_state.items()}, pruned=pruned)


@dataclass(frozen=True, slots=True)
class TaskStats(StateCounts):
    """The counts of the whole store, by queue and by type, and which queues and types are paused."""

    by_queue: Mapping[str, StateCounts] = field(default_factory=dict)
    by_type: Mapping[str, StateCounts] = field(default_factory=dict)
    pauses: Sequence[Pause] = ()

    @property
    def paused_queues(self) -> Mapping[str, datetime]:
        """Since when."""
        return {pause.name: pause.since for pause in self.pauses if pause.kind == QUEUE}

    @property
    def paused_types(self) -> Mapping[str, datetime]:
        """Since when."""
        return {pause.name: pause.since for pause in self.pauses if pause.kind == TYPE}

    def pause_of(self, kind: str, name: str) -> Pause | None:
        """The pause of a queue or a type."""
        return next((pause for pause in self.pauses if (pause.kind, pause.name) == (kind, name)), None)

    @classmethod
    def of(cls, counts: Iterable[Count], pauses: Sequence[Pause] = ()) -> TaskStats:
        counts = [count for count in counts if count.tasks]
        queues = sorted({count.queue for count in counts})
        types = sorted({plain_type(count.type) for count in counts})
        whole = StateCounts.of(counts)
        return cls(
            pending=whole.pending,
            running=whole.running,
            completed=whole.completed,
            failed=whole.failed,
            cancelled=whole.cancelled,
            pruned=whole.pruned,
            by_queue={name: StateCounts.of(c for c in counts if c.queue == name) for name in queues},
            by_type={name: StateCounts.of(c for c in counts if plain_type(c.type) == name) for name in types},
            pauses=tuple(pauses),
        )

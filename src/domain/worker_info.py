"""A worker as the others see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.lane_type import plain_type
from backstage.domain.worker_order import WorkerOrder

EVERY_TYPE = "*"
"""Among a worker's types: it serves all, those of its queues that have no handler of their own too."""

LONGEST_BEAT_INTERVAL = 5.0
MISSED_BEATS = 2.5


def beat_interval(lease: float | None) -> float:
    """Seconds between two beats of a worker."""
    return LONGEST_BEAT_INTERVAL if lease is None else min(LONGEST_BEAT_INTERVAL, lease / 3)


class WorkerState(StrEnum):
    """What a worker is doing as a whole."""

    RUNNING = "running"
    QUIET = "quiet"  # it finishes what runs and claims nothing new
    STOPPING = "stopping"
    LOST = "lost"  # it misses its beats


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """A live worker.

    Empty `queues` means all queues, and `types` may hold EVERY_TYPE. `running` holds the ids of the tasks it runs now.
    `ranks` are those of its queues that are not 0.
    `seen_at` is its last beat, and `silent_for` the seconds since, by the store's clock. `lease` and `release` (the
    version of Backstage) are None of a worker of a release whose beats did not say them, and so is `python`.

    `memory` is what the process and those that run its handlers hold in RAM, and `memory_limit` what they may hold, in
    bytes; `loop_lag` is the longest time in seconds by which its event loop came too late since the beat before: None
    where it is not known. `is_called` says that it hears the calls of other workers, `is_quiet` that it claims nothing
    until it is told to, and `order` what is asked of it, which is the store's to tell.
    """

    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    concurrency: int
    queues: tuple[str, ...]
    types: tuple[str, ...]
    running: tuple[str, ...] = ()
    is_stopping: bool = False
    lease: float | None = None
    release: str | None = None
    silent_for: float = 0.0
    ranks: Mapping[str, int] = field(default_factory=dict)
    is_quiet: bool = False
    memory: int | None = None
    memory_limit: int | None = None
    loop_lag: float | None = None
    python: str | None = None
    is_called: bool = False
    order: WorkerOrder = WorkerOrder.WORK

    @property
    def state(self) -> WorkerState:
        if self.is_lost:
            return WorkerState.LOST
        if self.is_stopping:
            return WorkerState.STOPPING
        return WorkerState.QUIET if self.is_quiet else WorkerState.RUNNING

    @property
    def takes_orders(self) -> bool:
        """Whether it looks at what is asked of it: a release that does so names its Python."""
        return self.python is not None

    @property
    def is_lost(self) -> bool:
        """Whether it misses its beats. Its tasks are taken back when their leases have run out."""
        return self.silent_for > MISSED_BEATS * beat_interval(self.lease)

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left: the leases that its last beat can have seen have run out."""
        return self.lease is not None and self.silent_for > self.lease

    @property
    def tells_listeners(self) -> bool:
        """Whether failures that end on it reach durable listeners: a release that knows of them names itself."""
        return self.release is not None

    @property
    def plain_types(self) -> frozenset[str]:
        """Its types, whatever versions of their payloads it takes."""
        return frozenset(map(plain_type, self.types))

    def serves(self, queue: str, task_type: str) -> bool:
        return (not self.queues or queue in self.queues) and (task_type in self.types or EVERY_TYPE in self.types)

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from backstage.domain.deferred_dataclass import dataclass
from backstage.worker.watching.background_loop_health import LoopHealth


class Phase(StrEnum):
    """The phase of a worker's life."""

    STARTING = "starting"  # the store is being opened
    RUNNING = "running"
    STOPPING = "stopping"  # running tasks have the grace period
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """The current condition of a worker. `queues` is empty if it serves all queues."""

    worker_id: str
    phase: Phase
    is_paused: bool = False
    concurrency: int = 0
    running: int = 0
    """Handlers that run."""
    waiting: int = 0
    """Tasks that were claimed and wait here for a slot."""
    unsettled: int = 0
    """Ends that the store has not taken yet."""
    hung: tuple[str, ...] = ()
    """The task type of each handler that was told to end and does not; each takes up a slot."""
    all_hung_for: float = 0.0
    """Seconds for which every slot has been taken so."""
    queues: tuple[str, ...] = ()
    loops: Sequence[LoopHealth] = ()

    @property
    def hang(self) -> str | None:
        """Why no task can run, where every slot is hung."""
        if not self.hung or len(self.hung) < self.concurrency:
            return None
        types = ", ".join(sorted({*self.hung}))
        return f"all {self.concurrency} slots are taken by handlers that do not end: {types}"

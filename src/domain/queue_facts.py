"""What decides whether a queue moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.queue_control import Pause
from backstage.domain.worker_info import WorkerInfo


@dataclass(frozen=True, slots=True)
class QueueLane:
    """The tasks of one type on the queue. `waited` is how many seconds its oldest due task has waited, None where
    nothing is due."""

    type: str
    pending: int
    running: int
    waited: float | None


@dataclass(frozen=True, slots=True)
class QueueFacts:
    queue: str
    lanes: Sequence[QueueLane]
    pauses: Sequence[Pause]
    workers: Sequence[WorkerInfo]
    authors: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Who paused it, by kind and name, as far as that is known."""

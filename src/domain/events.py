"""What happened to a task. Published after the store has accepted the step; a subscriber's failure changes nothing.

Subscribe by name (`worker-task:failed`), or to all of them with `worker-task:*`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid5

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.failure import Failure
from backstage.domain.task import Task

ALL_EVENTS = "worker-task:*"
_IDS = UUID("6f0b4a52-9a0b-5d0e-9d55-0d6a4f7c1e13")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """What all events have in common. `task` is the task as it was when the step was taken."""

    name: ClassVar[str]
    task: Task
    at: datetime

    @property
    def id(self) -> str:
        """A UUID that every telling of this step has, however often and by whomever it is told."""
        return str(uuid5(_IDS, f"{self.name} {self.task.id} {self.task.fence} {self.task.version}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(TaskEvent):
    """A task was stored."""

    name: ClassVar[str] = "worker-task:created"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted(TaskEvent):
    """A worker claimed the task and begins to run it."""

    name: ClassVar[str] = "worker-task:started"
    worker_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(TaskEvent):
    """The task completed, and `result` is stored."""

    name: ClassVar[str] = "worker-task:completed"
    result: Any
    duration: float
    """Seconds from the claim to the end of the handler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed(TaskEvent):
    """An attempt failed. `will_retry` is False when the task is now a dead letter."""

    name: ClassVar[str] = "worker-task:failed"
    error: Failure
    attempt: int
    will_retry: bool
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled(TaskEvent):
    """The task was cancelled, by its handler or from outside."""

    name: ClassVar[str] = "worker-task:cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSnoozed(TaskEvent):
    """The handler asked to run again in `delay` seconds."""

    name: ClassVar[str] = "worker-task:snoozed"
    delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReleased(TaskEvent):
    """A worker returned the task to the queue, because it shuts down or because the task's queue or type is paused."""

    name: ClassVar[str] = "worker-task:released"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRetried(TaskEvent):
    """A dead or cancelled task was put back into its queue."""

    name: ClassVar[str] = "worker-task:retried"


EVENT_NAMES = frozenset(
    kind.name
    for kind in (
        TaskCreated,
        TaskStarted,
        TaskCompleted,
        TaskFailed,
        TaskCancelled,
        TaskSnoozed,
        TaskReleased,
        TaskRetried,
    )
)

"""What is done to every task that a query finds."""

from __future__ import annotations

from enum import StrEnum

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_name, check_priority, shown
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState


class BulkKind(StrEnum):
    """What can be done to every task that a query finds."""

    RETRY = "retry"
    CANCEL = "cancel"
    PRUNE = "prune"
    PRIORITISE = "prioritise"
    MOVE = "move"


_STATES = {
    BulkKind.RETRY: frozenset({TaskState.FAILED, TaskState.CANCELLED}),
    BulkKind.CANCEL: frozenset({TaskState.PENDING, TaskState.RUNNING}),
    BulkKind.PRUNE: FINAL_STATES,
    BulkKind.PRIORITISE: frozenset({TaskState.PENDING}),
    BulkKind.MOVE: frozenset({TaskState.PENDING}),
}


@dataclass(frozen=True, slots=True)
class BulkAction:
    """`priority` belongs to `prioritise` and `queue` to `move`. Raises InvalidTaskDataError."""

    kind: BulkKind
    priority: int | None = None
    queue: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in set(BulkKind):
            problem = f"{shown(self.kind)} is not one of {', '.join(BulkKind)}"
            raise InvalidTaskDataError.of("kind", problem)
        object.__setattr__(self, "kind", BulkKind(self.kind))
        self._check("priority", self.priority, BulkKind.PRIORITISE)
        self._check("queue", self.queue, BulkKind.MOVE)
        if self.priority is not None:
            check_priority(self.priority)
        if self.queue is not None:
            check_name("queue", self.queue)

    @property
    def states(self) -> frozenset[TaskState]:
        """In which states a task can be changed so."""
        return _STATES[self.kind]

    def is_done_to(self, task: Task) -> bool:
        """Whether nothing is left to do."""
        if self.kind is BulkKind.PRIORITISE:
            return task.priority == self.priority
        return self.kind is BulkKind.MOVE and task.queue == self.queue

    def was_done_to(self, task: Task, version: int) -> bool:
        """Whether it was done since the task had that version, after which nobody can say who has moved it since."""
        match self.kind:
            case BulkKind.CANCEL:
                return task.state is TaskState.CANCELLED or task.is_cancel_requested
            case BulkKind.RETRY:
                return task.version != version  # there is no other move from where a retry begins
            case _:
                return self.is_done_to(task)

    def __str__(self) -> str:
        if self.kind is BulkKind.PRIORITISE:
            return f"{self.kind} {self.priority}"
        return f"{self.kind} {self.queue}" if self.kind is BulkKind.MOVE else str(self.kind)

    def _check(self, field: str, value: object, kind: BulkKind) -> None:
        if (value is not None) is not (self.kind is kind):
            problem = f"say which for {kind}" if value is None else f"belongs to {kind}: leave it out for {self.kind}"
            raise InvalidTaskDataError.of(field, problem)

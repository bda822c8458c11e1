"""How a claimed task ended: the one small value that carries a run's end to the store."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from backstage.domain.failure import Failure
from backstage.domain.portions import length_of
from backstage.domain.task_state import TaskState

if TYPE_CHECKING:
    from backstage.domain.task import Task


class OutcomeKind(StrEnum):
    """How one claim of a task ended."""

    COMPLETED = "completed"
    RETRIED = "retried"  # failed, attempts left
    DEAD = "dead"  # failed for good
    SNOOZED = "snoozed"  # the handler asked to run later
    RELEASED = "released"  # given back by a worker that shuts down
    CANCELLED = "cancelled"
    LOST = "lost"  # the lease ran out


class Outcome(Struct, frozen=True, gc=False):
    """Made by the methods of Task, applied by `Task.settle`; SQL and Lua make the same change.

    `fence` is the claim's token: a store whose task has another one refuses the outcome. `delay` is the seconds
    until a task that becomes PENDING is due, None to leave its due time alone. `next_tasks` are stored in the
    same atomic step.
    """

    task_id: str
    fence: int
    kind: OutcomeKind
    state: TaskState
    result_json: str | None = None
    failure: Failure | None = None
    delay: float | None = None
    next_tasks: tuple[Task, ...] = ()
    has_run: bool = True
    """Whether the claim began to run: one that did not leaves no attempt record."""
    keep_result_for: float | None = None
    """Seconds after which the result of a completed task is given up, though the task is kept; None: with the task."""

    def followed_by(self, tasks: tuple[Task, ...]) -> Outcome:
        """The same outcome with these next tasks after its own."""
        return replace(self, next_tasks=(*self.next_tasks, *tasks)) if tasks else self

    @property
    def size(self) -> int:
        """Bytes of what it carries to the store, about."""
        if self.result_json is None and self.failure is None and not self.next_tasks:
            return 0
        failure = 0 if self.failure is None else length_of(self.failure.message) + length_of(self.failure.traceback)
        return length_of(self.result_json) + failure + sum(task.size for task in self.next_tasks)

    @property
    def is_interruption(self) -> bool:
        """Whether this claim spends no attempt."""
        return self.kind in _INTERRUPTIONS

    def honouring_cancel(self) -> Outcome:
        """What it becomes for a task whose cancel was requested: that does not go back to PENDING, it is CANCELLED.

        A lost claim stays recorded as LOST, for its worker may still report an end of its own, in vain; that is all
        there is to say of it.
        """
        if self.state is not TaskState.PENDING:
            return self
        if self.kind is OutcomeKind.LOST:
            return replace(self, state=TaskState.CANCELLED, failure=None)
        return replace(self, kind=OutcomeKind.CANCELLED, state=TaskState.CANCELLED, delay=None)

    def kind_in(self, state: TaskState) -> OutcomeKind:
        """How the claim ended, by the state that the store answered: a request to cancel goes before an end."""
        return _CANCELLED if state is _WAS_CANCELLED else self.kind

    def answered_again(self, recorded: OutcomeKind | None) -> TaskState | None:
        """What is answered when the claim had ended before, as `recorded`: None unless that was this outcome."""
        if recorded is self.kind:
            return self.state
        if recorded is OutcomeKind.CANCELLED and self.state is TaskState.PENDING:
            return TaskState.CANCELLED
        return None


_CANCELLED, _WAS_CANCELLED = OutcomeKind.CANCELLED, TaskState.CANCELLED
_INTERRUPTIONS = frozenset({OutcomeKind.SNOOZED, OutcomeKind.RELEASED, OutcomeKind.LOST})


def unrecorded_end(state: TaskState) -> OutcomeKind | None:
    """How the latest claim of a task in that state ended, where it left no record because it ran nothing."""
    return _UNRECORDED.get(state)


_UNRECORDED = {
    TaskState.PENDING: OutcomeKind.RELEASED,
    TaskState.CANCELLED: OutcomeKind.CANCELLED,
    TaskState.FAILED: OutcomeKind.DEAD,
}

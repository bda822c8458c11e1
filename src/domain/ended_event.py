"""From the outcome of a claim to the event that tells of it."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.events import TaskCancelled, TaskCompleted, TaskEvent, TaskFailed, TaskReleased, TaskSnoozed
from backstage.domain.failure import Failure
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.payload import decode_payload
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

ENDED_EVENT_NAMES = {
    OutcomeKind.COMPLETED: TaskCompleted.name,
    OutcomeKind.RETRIED: TaskFailed.name,
    OutcomeKind.DEAD: TaskFailed.name,
    OutcomeKind.LOST: TaskFailed.name,
    OutcomeKind.SNOOZED: TaskSnoozed.name,
    OutcomeKind.RELEASED: TaskReleased.name,
    OutcomeKind.CANCELLED: TaskCancelled.name,
}
"""The name of the event that `ended_event` makes, by how the claim ended in the store."""


def ended_event(task: Task, outcome: Outcome, state: TaskState, now: datetime) -> TaskEvent:
    """`task` is the claimed task, or the task as it is after the end; `state` what the store made of the outcome."""
    duration = (now - task.started_at).total_seconds() if task.started_at else 0.0
    ended = task.settle(outcome, now) if task.state is TaskState.RUNNING else task
    if state is TaskState.CANCELLED:
        return TaskCancelled(task=ended, at=now)
    match outcome.kind:
        case OutcomeKind.COMPLETED:
            result = None if outcome.result_json is None else decode_payload(outcome.result_json)
            return TaskCompleted(task=ended, at=now, result=result, duration=duration)
        case OutcomeKind.SNOOZED:
            return TaskSnoozed(task=ended, at=now, delay=outcome.delay or 0.0)
        case OutcomeKind.RELEASED:
            return TaskReleased(task=ended, at=now)
        case _:
            return TaskFailed(
                task=ended,
                at=now,
                error=outcome.failure or Failure("Unknown", "the outcome names no failure"),
                attempt=task.attempt,
                will_retry=state is TaskState.PENDING,
                duration=duration,
            )

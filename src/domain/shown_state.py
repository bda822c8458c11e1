"""The words for a task's state that people see: a pending task that waits for a reason has a word of its own."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

SCHEDULED = "scheduled"
RETRYING = "retrying"
STATE_WORDS = ("pending", SCHEDULED, RETRYING, "running", "completed", "failed", "cancelled")

_STORED = {SCHEDULED: TaskState.PENDING, RETRYING: TaskState.PENDING}


def shown_state(task: Task, now: datetime) -> str:
    """The one word to show: `retrying` has begun an attempt and waits for the next, `scheduled` is not due yet."""
    if task.state is not TaskState.PENDING:
        return task.state.value
    if task.attempt > 0:
        return RETRYING
    return SCHEDULED if task.scheduled_at > now else "pending"


def has_state(task: Task, word: str, now: datetime) -> bool:
    """`pending` is every task that waits, those that are scheduled or retrying too."""
    return task.state == word or (word in _STORED and shown_state(task, now) == word)


def stored_state(word: str) -> TaskState:
    """The state in which a store keeps the tasks of that word."""
    return _STORED.get(word) or TaskState(word)


def is_part_of_state(word: str) -> bool:
    return word in _STORED

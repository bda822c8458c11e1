"""The state of a task as people see it: pending is told apart by what it waits for."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

LABELS = {
    "pending": "Pending",
    "scheduled": "Scheduled",
    "retrying": "Retrying",
    "running": "Running",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "completed": "Completed",
}
"""In the order of a task's life."""


def shown_state(task: Task, now: datetime) -> str:
    """Scheduled is not due yet; retrying has failed before and waits for its next attempt."""
    if task.state is not TaskState.PENDING:
        return task.state.value
    if task.attempt > 0 and task.last_failure is not None:
        return "retrying"
    return "scheduled" if task.scheduled_at > now else "pending"

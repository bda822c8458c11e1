"""The five states and the table of moves between them."""

from __future__ import annotations

from enum import StrEnum


class TaskState(StrEnum):
    """The state of a task. The last three are final."""

    PENDING = "pending"  # due once `scheduled_at` has passed
    RUNNING = "running"  # held by a worker under a lease
    COMPLETED = "completed"
    FAILED = "failed"  # a dead letter
    CANCELLED = "cancelled"


MOVES: dict[TaskState, frozenset[TaskState]] = {
    TaskState.PENDING: frozenset({TaskState.RUNNING, TaskState.CANCELLED}),
    TaskState.RUNNING: frozenset({TaskState.PENDING, TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED}),
    TaskState.COMPLETED: frozenset(),
    TaskState.FAILED: frozenset({TaskState.PENDING}),
    TaskState.CANCELLED: frozenset({TaskState.PENDING}),
}

FINAL_STATES = frozenset({TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED})
LIVE_STATES = frozenset({TaskState.PENDING, TaskState.RUNNING})

"""The dedupe keys of tasks that are moved or brought from another store; adding takes keys in its own statement."""

from __future__ import annotations

from datetime import datetime, timedelta

from backstage.domain.task import Task
from backstage.domain.task_state import LIVE_STATES, TaskState
from backstage.infra.moments import to_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement


async def take_key(session: Session, task: Task, now: int | None) -> str:
    """Give the task its dedupe key unless another task holds it; return the id of the one that holds it now."""
    assert task.dedupe is not None
    end = None if task.dedupe.ttl is None else to_micros(task.created_at + timedelta(seconds=task.dedupe.ttl))
    holder: str = await session.value(statement("take_key"), now, task.queue, task.dedupe.key, task.id, end)
    return holder


def holds_key(task: Task, now: datetime) -> bool:
    """Whether a task in that state holds its key now: the rule of `Dedupe`."""
    if task.dedupe is None or task.state is TaskState.CANCELLED:
        return False
    if task.dedupe.ttl is None:
        return task.state in LIVE_STATES
    return now < task.created_at + timedelta(seconds=task.dedupe.ttl)

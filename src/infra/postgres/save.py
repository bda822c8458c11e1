"""Storing the moves that the use cases make: cancel and retry, compared and set on the version."""

from __future__ import annotations

from backstage.domain.errors import DuplicateTaskError, StaleTaskError, TaskNotFoundError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.postgres.columns import FINISHED, PENDING
from backstage.infra.postgres.dedupe_keys import take_key
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.task_ids import is_id

_IS_STORED = "SELECT 1 FROM backstage_tasks WHERE id = $1::uuid"
_CHANGE_QUEUE = "UPDATE backstage_tasks SET queue = $2::text WHERE id = $1::uuid"
_FREE_KEY = "DELETE FROM backstage_dedupe WHERE task_id = $1::uuid AND (expires_at IS NULL OR $2::boolean)"


async def save(session: Session, task: Task, now: int | None) -> None:
    """Raises TaskNotFoundError, StaleTaskError and DuplicateTaskError, and then nothing is changed."""
    if not is_id(task.id):
        raise TaskNotFoundError(task.id)
    async with session.transaction():
        before, queue = await _lock(session, task)
        if queue != task.queue:
            await session.fetch(_CHANGE_QUEUE, task.id, task.queue)
        if before is TaskState.RUNNING and task.state is TaskState.RUNNING:
            await _replace_running(session, task)
        elif task.state is TaskState.RUNNING:
            raise ValueError("only a claim makes a task run")
        else:
            await _move(session, task, now)


async def _replace_running(session: Session, task: Task) -> None:
    await session.fetch(
        statement("request_cancel"),
        task.id,
        task.is_cancel_requested,
        task.version,
    )


async def _lock(session: Session, task: Task) -> tuple[TaskState, str]:
    rows = await session.fetch(statement("lock_task"), task.id)
    if not rows:
        # Its row moved while we waited for the lock, or it is not there at all.
        if await session.value(_IS_STORED, task.id):
            raise StaleTaskError(task.id)
        raise TaskNotFoundError(task.id)
    version, state, queue = rows[0]
    if version != task.version - 1:
        raise StaleTaskError(task.id)
    return TaskState(state), queue


async def _move(session: Session, task: Task, now: int | None) -> None:
    await session.fetch(statement("remove_task"), [task.id])
    if task.state is not TaskState.PENDING:
        await session.fetch(statement("put_finished"), *FINISHED.values([task]))
        if task.dedupe is not None:
            await session.fetch(_FREE_KEY, task.id, task.state is TaskState.CANCELLED)
        return
    await session.fetch(statement("put_pending"), now, *PENDING.values([task]))
    if task.dedupe is not None:
        holder = await take_key(session, task, now)
        if holder != task.id:
            raise DuplicateTaskError(task.dedupe.key, holder)

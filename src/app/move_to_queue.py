from __future__ import annotations

from backstage.domain.errors import UnchangeableTaskError
from backstage.domain.limits import check_name
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class MoveToQueue:
    """Move a pending task to another queue. It keeps its id, its priority and when it is due.

    Raises TaskNotFoundError, StaleTaskError if somebody changed it meanwhile, and UnchangeableTaskError for a task in
    any other state, for one that has run before, and for one that has a dedupe key.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str, queue: str) -> Task:
        check_name("queue", queue)
        task = await self._tasks.get(task_id)
        moved = task.moved_to(queue)
        if task.queue == queue:
            raise UnchangeableTaskError(task_id, task.state, f"is on queue {queue} already")
        await self._tasks.move(moved, task.queue)
        return moved

from __future__ import annotations

from backstage.domain.errors import StaleTaskError
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class DeleteTask:
    """Delete an ended task with its attempts, before retention does.

    Raises TaskNotFoundError, UnchangeableTaskError for a task that has not ended, and StaleTaskError if somebody
    changed it meanwhile.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str) -> Task:
        task = await self._tasks.get(task_id)
        task.must_be_deletable()
        if not await self._tasks.delete([task]):
            raise StaleTaskError(task_id)
        return task

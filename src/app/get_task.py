from __future__ import annotations

from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class GetTask:
    """Return one task as it is now. Raises TaskNotFoundError."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str) -> Task:
        return await self._tasks.get(task_id)

from __future__ import annotations

from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task_query import TaskPage, TaskQuery


class FindTasks:
    """Return one page of the tasks that match, newest first; without a query, the newest of all."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, query: TaskQuery | None = None) -> TaskPage:
        return await self._tasks.find(query or TaskQuery())

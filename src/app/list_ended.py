from __future__ import annotations

from datetime import datetime

from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task
from backstage.domain.task_query import check_limit


class ListEnded:
    """Return the tasks that ended at a moment or later, those that ended first before others.

    Ask again with the end of the last one to go on: it is told again. Raises InvalidTaskDataError for a page size
    outside 1 to 1000.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, since: datetime, limit: int = 100) -> list[Task]:
        check_limit(limit)
        return await self._tasks.ended_since(since, limit)

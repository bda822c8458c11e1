from __future__ import annotations

from backstage.domain.attempt import Attempt
from backstage.domain.ports.task_repository import TaskRepository


class GetAttempts:
    """Return the records of a task's attempts, oldest first; none if the task is unknown or never ran."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str) -> list[Attempt]:
        return await self._tasks.attempts(task_id)

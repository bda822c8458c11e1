from __future__ import annotations

from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.stats import TaskStats


class GetTaskStats:
    """Return how many tasks are in each state, in all, by queue and by type: exact, at a cost that does not grow
    with the number of tasks."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self) -> TaskStats:
        return TaskStats.of(await self._tasks.counts())

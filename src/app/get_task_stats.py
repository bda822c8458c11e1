from __future__ import annotations

from backstage.domain.ports.queue_control import QueueControl
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.stats import TaskStats


class GetTaskStats:
    """Return how many tasks are in each state, in all, by queue and by type, and what is paused: exact, at a
    cost that does not grow with the number of tasks."""

    def __init__(self, tasks: TaskRepository, control: QueueControl) -> None:
        self._tasks, self._control = tasks, control

    async def __call__(self) -> TaskStats:
        return TaskStats.of(await self._tasks.counts(), await self._control.paused())

from __future__ import annotations

from backstage.app.move_task import move_task
from backstage.domain.limits import check_priority
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class ChangePriority:
    """Give a pending task another priority: it takes its turn by that from now on.

    Raises TaskNotFoundError, and UnchangeableTaskError in any other state.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str, priority: int) -> Task:
        priority = check_priority(priority)
        return await move_task(self._tasks, task_id, lambda stored: stored.prioritised(priority))

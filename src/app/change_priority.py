from __future__ import annotations

from backstage.app.move_task import move_task
from backstage.domain.limits import check_priority
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class ChangePriority:
    """Give a pending task another priority: it takes its turn by that from now on.

    With `if_version` only if it has that version. Raises TaskNotFoundError, UnchangeableTaskError in any other state,
    and TaskChangedError.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str, priority: int, *, if_version: int | None = None) -> Task:
        priority = check_priority(priority)
        return await move_task(self._tasks, task_id, lambda stored: stored.prioritised(priority), if_version)

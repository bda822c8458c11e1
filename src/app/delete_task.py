from __future__ import annotations

from backstage.app.seen_version import check_version, lost_race
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class DeleteTask:
    """Delete an ended task with its attempts, before retention does.

    With `if_version` only if it has that version. Raises TaskNotFoundError, UnchangeableTaskError for a task that has
    not ended, StaleTaskError if somebody changed it meanwhile, and TaskChangedError.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, task_id: str, *, if_version: int | None = None) -> Task:
        task = await self._tasks.get(task_id)
        check_version(task, if_version)
        task.must_be_deletable()
        if not await self._tasks.delete([task]):
            raise lost_race(task_id, if_version)
        return task

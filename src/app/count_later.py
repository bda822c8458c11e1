from __future__ import annotations

from backstage.domain.later import Later
from backstage.domain.ports.task_repository import TaskRepository

_MOST = 5_000


class CountLater:
    """Count the pending tasks that are not due yet: those that are scheduled, and those that wait for their retry.

    Up to 5,000, those that are due first; the answer says whether there are more.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self) -> Later:
        return await self._tasks.count_later(_MOST)

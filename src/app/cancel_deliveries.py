from __future__ import annotations

from backstage.app.cancel_task import CancelTask
from backstage.domain.errors import IllegalMoveError, TaskNotFoundError
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.subscription import DELIVERY_QUEUE, DELIVERY_TYPE
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

_PAGE = 100


class CancelDeliveries:
    """Cancel the waiting deliveries of a subscription, a page at a time; return how many."""

    def __init__(self, tasks: TaskRepository, cancel_task: CancelTask) -> None:
        self._tasks, self._cancel_task = tasks, cancel_task

    async def __call__(self, name: str) -> int:
        cancelled, after = 0, None
        waiting, type_ = frozenset({TaskState.PENDING}), DELIVERY_TYPE + name
        while True:
            query = TaskQuery(states=waiting, queue=DELIVERY_QUEUE, type=type_, limit=_PAGE, after=after)
            page = await self._tasks.find(query)
            cancelled += sum([await self._cancel(task.id) for task in page.tasks])
            if page.next_after is None:
                return cancelled
            after = page.next_after

    async def _cancel(self, task_id: str) -> bool:
        try:
            await self._cancel_task(task_id)
        except (TaskNotFoundError, IllegalMoveError):
            return False  # delivered meanwhile
        return True

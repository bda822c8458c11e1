"""One step of a bulk operation: its action on some tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from backstage.app.cancel_task import CancelTask
from backstage.app.change_priority import ChangePriority
from backstage.app.move_to_queue import MoveToQueue
from backstage.app.retry_task import RetryTask
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.errors import DuplicateTaskError, IllegalMoveError, StaleTaskError, TaskNotFoundError
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task

_AT_ONCE = 10
_REFUSALS = (IllegalMoveError, StaleTaskError, TaskNotFoundError, DuplicateTaskError)


class ChangeForBulk:
    """Do the action to each of the tasks; return why it was refused, once for each that could not be changed."""

    def __init__(
        self,
        tasks: TaskRepository,
        retry_task: RetryTask,
        cancel_task: CancelTask,
        change_priority: ChangePriority,
        move_to_queue: MoveToQueue,
    ) -> None:
        self._tasks, self._retry, self._cancel = tasks, retry_task, cancel_task
        self._prioritise, self._move = change_priority, move_to_queue

    async def __call__(self, action: BulkAction, tasks: Sequence[Task]) -> list[str]:
        if action.kind is BulkKind.PRUNE:
            deleted = await self._tasks.delete(tasks) if tasks else 0
            return ["somebody changed it meanwhile"] * (len(tasks) - deleted)
        step, problems = self._step(action), list[str]()
        for first in range(0, len(tasks), _AT_ONCE):
            some = [each for each in tasks[first : first + _AT_ONCE] if not action.is_done_to(each)]
            problems += filter(None, await asyncio.gather(*(_problem(step(each.id)) for each in some)))
        return problems

    def _step(self, action: BulkAction) -> Callable[[str], Awaitable[Task]]:
        match action.kind:
            case BulkKind.RETRY:
                return self._retry
            case BulkKind.CANCEL:
                return self._cancel
            case BulkKind.PRIORITISE:
                priority = action.priority or 0
                return lambda task_id: self._prioritise(task_id, priority)
            case _:
                queue = action.queue or ""
                return lambda task_id: self._move(task_id, queue)


async def _problem(step: Awaitable[Task]) -> str | None:
    try:
        await step
    except _REFUSALS as error:
        return str(error)
    return None

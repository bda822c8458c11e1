from __future__ import annotations

from backstage.app.seen_version import check_version, lost_race
from backstage.domain.errors import StaleTaskError, UnchangeableTaskError
from backstage.domain.limits import check_name, check_priority
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class MoveToQueue:
    """Move a pending task to another queue. It keeps its id and when it is due, and its priority if no other is given.

    With `if_version` it is moved only if it has that version. Raises TaskNotFoundError, StaleTaskError if somebody
    changed it meanwhile, TaskChangedError, and UnchangeableTaskError for a task in any other state, for one that has
    run before, and for one that has a dedupe key.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(
        self, task_id: str, queue: str, *, priority: int | None = None, if_version: int | None = None
    ) -> Task:
        check_name("queue", queue)
        if priority is not None:
            priority = check_priority(priority)
        task = await self._tasks.get(task_id)
        check_version(task, if_version)
        moved = task.moved_to(queue, priority)
        if task.queue == queue:
            raise UnchangeableTaskError(task_id, task.state, f"is on queue {queue} already")
        try:
            await self._tasks.move(moved, task.queue)
        except StaleTaskError:
            raise lost_race(task_id, if_version) from None
        return moved

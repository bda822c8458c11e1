from __future__ import annotations

from backstage.app.prune_tasks import PruneTasks
from backstage.domain.limits import check_name
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState


class PurgeDeadLetters:
    """Delete all failed tasks, of one queue or of all; return how many. Raises InvalidTaskDataError."""

    def __init__(self, prune_tasks: PruneTasks) -> None:
        self._prune_tasks = prune_tasks

    async def __call__(self, queue: str | None = None) -> int:
        name = None if queue is None else check_name("queue", queue)
        return await self._prune_tasks([Retention(state=TaskState.FAILED, keep_last=0, queue=name)])

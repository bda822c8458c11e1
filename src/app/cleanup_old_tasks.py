from __future__ import annotations

from backstage.app.prune_tasks import PruneTasks
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState

_WEEK = 7 * 86_400.0


class CleanupOldTasks:
    """Delete the completed, failed and cancelled tasks that ended more than `max_age` seconds ago; return how many.

    Raises InvalidTaskDataError for an age that is none.
    """

    def __init__(self, prune_tasks: PruneTasks) -> None:
        self._prune_tasks = prune_tasks

    async def __call__(self, max_age: float = _WEEK) -> int:
        ended = (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED)
        return await self._prune_tasks([Retention(state=state, max_age=max_age) for state in ended])

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.retention import Retention

_BATCH = 500  # small enough that a writer waiting behind one batch hardly notices


class PruneTasks:
    """Delete the finished tasks that no retention keeps, in bounded batches; return how many."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, retentions: Sequence[Retention]) -> int:
        return sum([await self._prune(retention) for retention in retentions])

    async def _prune(self, retention: Retention) -> int:
        pruned = 0
        while True:
            batch = await self._tasks.prune(retention, _BATCH)
            pruned += batch
            if batch < _BATCH:
                return pruned
            await asyncio.sleep(0)

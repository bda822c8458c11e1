from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.retention import Retention

Pruned = Callable[[Retention, int], object]
_BATCH = 500  # small enough that a writer waiting behind one batch hardly notices


class PruneTasks:
    """Delete the finished tasks that no retention keeps, in bounded batches; return how many.

    `pruned` is called with each batch that deleted something: its retention, and how many tasks they were.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self, retentions: Sequence[Retention], pruned: Pruned = lambda retention, tasks: None) -> int:
        return sum([await self._prune(retention, pruned) for retention in retentions])

    async def _prune(self, retention: Retention, pruned: Pruned) -> int:
        total = 0
        while True:
            batch = await self._tasks.prune(retention, _BATCH)
            total += batch
            if batch:
                pruned(retention, batch)
            if batch < _BATCH:
                return total
            await asyncio.sleep(0)

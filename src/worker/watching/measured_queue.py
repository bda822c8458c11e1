"""How long the store takes to answer a worker."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, LeaseReport, NextTasksOf, TaskQueue
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState
from backstage.worker.watching.histogram import Histogram

T = TypeVar("T")
OPERATIONS = ("claim", "held_by", "settle", "renew", "inspect", "report_progress", "reclaim", "is_idle")


class StoreLatencies:
    """Seconds of each operation's answers, and how many operations failed. Those of the lease keeper come from its own
    thread, and no operation from both."""

    def __init__(self) -> None:
        self.answered = {name: Histogram() for name in OPERATIONS}
        self.failed = dict.fromkeys(OPERATIONS, 0)

    async def measured(self, operation: str, answer: Awaitable[T]) -> T:
        begun = time.perf_counter()
        try:
            result = await answer
        except Exception:
            self.failed[operation] += 1
            raise
        self.answered[operation].observe(time.perf_counter() - begun)
        return result


class MeasuredQueue:
    """A TaskQueue that measures another. Only a worker whose metrics are served has one."""

    def __init__(self, queue: TaskQueue, latencies: StoreLatencies) -> None:
        self._queue, self._latencies = queue, latencies

    async def claim(self, request: ClaimRequest) -> Claimed:
        return await self._latencies.measured("claim", self._queue.claim(request))

    async def held_by(self, worker_id: str) -> list[Task]:
        return await self._latencies.measured("held_by", self._queue.held_by(worker_id))

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        return await self._latencies.measured("settle", self._queue.settle(outcomes))

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        return await self._latencies.measured("renew", self._queue.renew(fences, lease))

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        return await self._latencies.measured("inspect", self._queue.inspect(fences))

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        reporting = self._queue.report_progress(task_id, fence, progress, note)
        return await self._latencies.measured("report_progress", reporting)

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        return await self._latencies.measured("reclaim", self._queue.reclaim(max_deliveries, limit, next_tasks_of))

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        return await self._latencies.measured("is_idle", self._queue.is_idle(types, queues))


@asynccontextmanager
async def measured_lease_queue(
    opening: AbstractAsyncContextManager[TaskQueue], latencies: StoreLatencies
) -> AsyncIterator[TaskQueue]:
    async with opening as queue:
        yield MeasuredQueue(queue, latencies)

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backstage.conformance.fault_plan import FaultPlan
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, LeaseReport, NextTasksOf, TaskQueue
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState


class FaultyQueue:
    """A TaskQueue whose calls fail by plan."""

    def __init__(self, queue: TaskQueue, plan: FaultPlan) -> None:
        self._queue, self._plan = queue, plan

    async def claim(self, request: ClaimRequest) -> Claimed:
        return await self._plan.around(lambda: self._queue.claim(request))

    async def held_by(self, worker_id: str) -> list[Task]:
        return await self._plan.around(lambda: self._queue.held_by(worker_id))

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        return await self._plan.around(lambda: self._queue.settle(outcomes))

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        return await self._plan.around(lambda: self._queue.renew(fences, lease))

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        return await self._plan.around(lambda: self._queue.inspect(fences))

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        return await self._plan.around(lambda: self._queue.report_progress(task_id, fence, progress, note))

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        return await self._plan.around(lambda: self._queue.reclaim(max_deliveries, limit, next_tasks_of))

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        return await self._plan.around(lambda: self._queue.is_idle(types, queues))

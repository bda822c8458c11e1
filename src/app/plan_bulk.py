from __future__ import annotations

import math

from backstage.app.count_tasks import CountTasks
from backstage.domain.bulk_action import BulkAction
from backstage.domain.bulk_operation import EMPTY_QUERY, BulkOperation, BulkPlan, BulkState, digest_of_plan
from backstage.domain.errors import InvalidQueryError
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.search_page import LOOKED_AT
from backstage.domain.task_search import TaskSearch

_LOOKED_THROUGH = 200
_SHOWN = 10


class PlanBulk:
    """Say what an action on all tasks of a query would do, and keep the plan for an hour. Nothing is changed yet.

    Tasks whose state does not allow the action are not meant. Raises InvalidQueryError, also for an empty query.
    """

    def __init__(
        self, tasks: TaskRepository, bulk_operations: BulkOperations, count_tasks: CountTasks, clock: Clock
    ) -> None:
        self._tasks, self._operations, self._count, self._clock = tasks, bulk_operations, count_tasks, clock

    async def __call__(self, action: BulkAction, search: str | TaskSearch) -> BulkPlan:
        now = self._clock.now()
        query = str(TaskSearch.of(search, now))
        if not query.strip():
            raise InvalidQueryError("query", EMPTY_QUERY)
        operation = BulkOperation(
            id=digest_of_plan(action, query, now),
            action=action,
            query=query,
            state=BulkState.PLANNED,
            total=0,
            planned_at=now,
        )
        wanted = operation.search
        counted = await self._count(wanted, patience=math.inf)  # who decides by the number waits for it
        page = await self._tasks.search(wanted, _LOOKED_THROUGH, None, LOOKED_AT)
        await self._forget_outdated()
        await self._operations.save(operation.of_about(counted.tasks))
        return BulkPlan(
            digest=operation.id,
            action=action,
            query=query,
            count=counted.tasks,
            is_exact=counted.is_exact,
            sample=page.tasks[:_SHOWN],
            oldest=page.tasks[-1].created_at if page.tasks else None,
        )

    async def _forget_outdated(self) -> None:
        now = self._clock.now()
        for each in await self._operations.all():
            if each.is_outdated(now):
                await self._operations.delete(each.id)

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from backstage.app.change_for_bulk import ChangeForBulk
from backstage.app.get_bulk import GetBulk
from backstage.app.record_audit import RecordAudit
from backstage.domain.bulk_action import BulkKind
from backstage.domain.bulk_operation import BulkOperation, BulkState
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.search_page import LOOKED_AT
from backstage.domain.task import Task

_MOST_IN_A_STEP = 200
_LOOK_EVERY = 0.5


class RunBulk:
    """Do what a started bulk operation says, step by step, and yield it after each.

    Where somebody else does it already, it is only followed, until it ends or the other is silent for fifteen seconds.
    Each step is stored before it is done, and its position afterwards: whoever comes after a killed process finds out
    what was done of the step, counts it, and goes on. Whoever did the last step writes its end into the audit log.
    Raises BulkNotFoundError, and StorageError if the store fails.
    """

    def __init__(
        self,
        tasks: TaskRepository,
        bulk_operations: BulkOperations,
        get_bulk: GetBulk,
        change_for_bulk: ChangeForBulk,
        record_audit: RecordAudit,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._tasks, self._operations, self._get = tasks, bulk_operations, get_bulk
        self._change, self._audit, self._clock, self._ids = change_for_bulk, record_audit, clock, ids

    async def __call__(self, operation_id: str) -> AsyncIterator[BulkOperation]:
        driver, drove = self._ids.new(), False
        while (operation := await self._get(operation_id)).state is BulkState.RUNNING:
            if operation.is_driven(self._clock.now(), but_by=driver):
                drove = False
                yield operation
                await asyncio.sleep(_LOOK_EVERY)
                continue
            begun = self._clock.monotonic()
            done, tasks, position = await self._next(operation)
            driven = operation.driven(driver, self._clock.now())
            if not operation.step:
                driven = driven.about_to_change(tasks, position)
            if not await self._operations.save(driven):
                continue
            drove = True
            problems = await self._change(driven.action, tasks)
            done, failed = done + len(tasks) - len(problems), len(problems)
            problem = problems[-1] if problems else ""
            after = driven.advanced(done, failed, problem, self._clock.now())
            if not await self._operations.save(after):
                await self._count(driven, done, failed, problem)
                continue  # it was stopped, or taken over: what is stored tells
            if after.state is not BulkState.RUNNING:
                break
            yield after
            changed = done + failed
            await asyncio.sleep(max(0.0, changed / after.rate - (self._clock.monotonic() - begun)))
        ended = await self._get(operation_id)
        if drove:
            await self._tell(ended)
        yield ended

    async def _next(self, operation: BulkOperation) -> tuple[int, list[Task], str | None]:
        """How many tasks of the next step are changed already, those that are to be, and the position after it."""
        if operation.step:
            done, tasks = await self._left_by_another(operation)
            return done, tasks, operation.step_ends_at
        limit = max(1, min(_MOST_IN_A_STEP, int(operation.rate / 2)))
        page = await self._tasks.search(operation.search, limit, operation.position, LOOKED_AT)
        return 0, [task for task in page.tasks if operation.is_about(task)], page.next_after

    async def _left_by_another(self, operation: BulkOperation) -> tuple[int, list[Task]]:
        """What was done of a step whose driver has died, and what is left of it."""
        done, left = 0, list[Task]()
        for task_id, version in operation.step:
            try:
                task = await self._tasks.get(task_id)
            except TaskNotFoundError:
                done += operation.action.kind is BulkKind.PRUNE
                continue
            if operation.action.was_done_to(task, version):
                done += 1
            elif operation.is_about(task):
                left.append(task)
        return done, left

    async def _count(self, driven: BulkOperation, done: int, failed: int, problem: str) -> None:
        """What a step has changed that was stopped meanwhile. Whoever has taken it over counts it there."""
        while (operation := await self._get(driven.id)).step == driven.step:
            if await self._operations.save(operation.counted(done, failed, problem)):
                return

    async def _tell(self, operation: BulkOperation) -> None:
        details = {"query": operation.query, "state": operation.state.value, "failed": operation.failed}
        await self._audit(
            operation.started_by or "backstage", f"bulk_{operation.action.kind}", operation.id, operation.done, details
        )

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from backstage.app.change_for_bulk import ChangeForBulk
from backstage.app.get_bulk import GetBulk
from backstage.app.record_audit import RecordAudit
from backstage.domain.bulk_operation import BulkOperation, BulkState
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.search_page import LOOKED_AT

_MOST_IN_A_STEP = 200
_LOOK_EVERY = 0.5


class RunBulk:
    """Do what a started bulk operation says, step by step, and yield it after each.

    Where somebody else does it already, it is only followed, until it ends or the other is silent for fifteen seconds.
    Its position is stored with each step, so a killed process loses nothing: the next one goes on from there. Whoever
    did the last step writes its end into the audit log. Raises BulkNotFoundError, and StorageError if the store fails.
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
            driven = operation.driven(driver, self._clock.now())
            if not await self._operations.save(driven):
                continue
            drove = True
            after = await self._step(driven)
            done, failed = after.done - driven.done, after.failed - driven.failed
            if not await self._operations.save(after):
                await self._count(operation_id, done, failed, after.problem)
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

    async def _step(self, operation: BulkOperation) -> BulkOperation:
        limit = max(1, min(_MOST_IN_A_STEP, int(operation.rate / 2)))
        page = await self._tasks.search(operation.search, limit, operation.position, LOOKED_AT)
        tasks = [task for task in page.tasks if operation.is_about(task)]
        problems = await self._change(operation.action, tasks)
        problem = problems[-1] if problems else ""
        done = len(tasks) - len(problems)
        return operation.advanced(page.next_after, done, len(problems), problem, self._clock.now())

    async def _count(self, operation_id: str, done: int, failed: int, problem: str) -> None:
        """What a step has changed that somebody else was quicker than to tell of."""
        while not await self._operations.save((await self._get(operation_id)).counted(done, failed, problem)):
            pass

    async def _tell(self, operation: BulkOperation) -> None:
        details = {"query": operation.query, "state": operation.state.value, "failed": operation.failed}
        await self._audit(
            operation.started_by or "backstage", f"bulk_{operation.action.kind}", operation.id, operation.done, details
        )

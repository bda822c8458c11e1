from __future__ import annotations

from backstage.app.get_bulk import GetBulk
from backstage.domain.bulk_operation import BulkOperation, BulkState
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock


class StopBulk:
    """Stop a bulk operation after its current step. What it has changed stays changed. Raises BulkNotFoundError."""

    def __init__(self, bulk_operations: BulkOperations, get_bulk: GetBulk, clock: Clock) -> None:
        self._operations, self._get, self._clock = bulk_operations, get_bulk, clock

    async def __call__(self, operation_id: str) -> BulkOperation:
        while (operation := await self._get(operation_id)).state is BulkState.RUNNING:
            stopped = operation.ended(BulkState.STOPPED, self._clock.now())
            if await self._operations.save(stopped):
                return stopped
        return operation

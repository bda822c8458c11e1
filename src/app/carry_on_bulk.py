from __future__ import annotations

from backstage.app.run_bulk import RunBulk
from backstage.domain.bulk_operation import BulkState
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock


class CarryOnBulk:
    """Run to their end the started bulk operations that nobody runs, because who started them has died or need not."""

    def __init__(self, bulk_operations: BulkOperations, run_bulk: RunBulk, clock: Clock) -> None:
        self._operations, self._run, self._clock = bulk_operations, run_bulk, clock

    async def __call__(self) -> None:
        for operation in await self._operations.all():
            if operation.state is BulkState.RUNNING and not operation.is_driven(self._clock.now()):
                async for _ in self._run(operation.id):
                    pass

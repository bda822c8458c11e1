from __future__ import annotations

from backstage.domain.bulk_operation import BulkOperation, BulkState
from backstage.domain.ports.bulk_operations import BulkOperations


class ListBulk:
    """Return the bulk operations that run, and those that ended in the last thirty days, newest first."""

    def __init__(self, bulk_operations: BulkOperations) -> None:
        self._operations = bulk_operations

    async def __call__(self) -> tuple[BulkOperation, ...]:
        return tuple(each for each in await self._operations.all() if each.state is not BulkState.PLANNED)

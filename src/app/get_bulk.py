from __future__ import annotations

from backstage.domain.bulk_operation import BulkOperation
from backstage.domain.errors import BulkNotFoundError
from backstage.domain.ports.bulk_operations import BulkOperations


class GetBulk:
    """Return a bulk operation as it is now. Raises BulkNotFoundError."""

    def __init__(self, bulk_operations: BulkOperations) -> None:
        self._operations = bulk_operations

    async def __call__(self, operation_id: str) -> BulkOperation:
        operation = await self._operations.find(operation_id)
        if operation is None:
            raise BulkNotFoundError(operation_id)
        return operation

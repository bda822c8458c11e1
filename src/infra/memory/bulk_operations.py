from __future__ import annotations

from backstage.domain.bulk_operation import BulkOperation
from backstage.infra.memory.store import MemoryStore


class MemoryBulkOperations:
    """Bulk operations over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def save(self, operation: BulkOperation) -> bool:
        with self._store.lock:
            stored = self._store.bulk.get(operation.id)
            if (0 if stored is None else stored.version) != operation.version - 1:
                return False
            self._store.bulk[operation.id] = operation
            return True

    async def find(self, operation_id: str) -> BulkOperation | None:
        with self._store.lock:
            return self._store.bulk.get(operation_id)

    async def all(self) -> list[BulkOperation]:
        with self._store.lock:
            return sorted(self._store.bulk.values(), key=lambda each: (each.planned_at, each.id), reverse=True)

    async def delete(self, operation_id: str) -> None:
        with self._store.lock:
            self._store.bulk.pop(operation_id, None)

"""What is done to many tasks at once."""

from __future__ import annotations

from backstage import BulkOperation
from examples.journal.store import Store


class JournalBulkOperations:
    """BulkOperations, by id."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, operation: BulkOperation) -> bool:
        with self._store.step():
            stored = self._store.bulk.get(operation.id)
            if (stored.version if stored else 0) != operation.version - 1:
                return False
            self._store.change(bulk=[operation])
            return True

    async def find(self, operation_id: str) -> BulkOperation | None:
        with self._store.lock:
            return self._store.bulk.get(operation_id)

    async def all(self) -> list[BulkOperation]:
        with self._store.lock:
            return sorted(self._store.bulk.values(), key=lambda each: (each.planned_at, each.id), reverse=True)

    async def delete(self, operation_id: str) -> None:
        with self._store.step():
            self._store.change(deleted_bulk=[operation_id])

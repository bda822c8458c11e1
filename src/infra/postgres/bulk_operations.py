from __future__ import annotations

from backstage.domain.bulk_document import bulk_document_of, bulk_operation_of
from backstage.domain.bulk_operation import BulkOperation
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_ADD = "INSERT INTO backstage_bulk (id, version, document) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING RETURNING 1"
_REPLACE = "UPDATE backstage_bulk SET version = $3, document = $2 WHERE id = $1 AND version = $3 - 1 RETURNING 1"
_FIND = "SELECT document FROM backstage_bulk WHERE id = $1"
_ALL = "SELECT document FROM backstage_bulk"
_DELETE = "DELETE FROM backstage_bulk WHERE id = $1"


class PostgresBulkOperations:
    """Bulk operations over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, operation: BulkOperation) -> bool:
        document = bulk_document_of(operation)

        async def step(session: Session) -> bool:
            if operation.version == 1:
                return bool(await session.value(_ADD, operation.id, document))
            return bool(await session.value(_REPLACE, operation.id, document, operation.version))

        return await self._store.database.run(step)

    async def find(self, operation_id: str) -> BulkOperation | None:
        found = await self._read(_FIND, operation_id)
        return found[0] if found else None

    async def all(self) -> list[BulkOperation]:
        return sorted(await self._read(_ALL), key=lambda each: (each.planned_at, each.id), reverse=True)

    async def delete(self, operation_id: str) -> None:
        async def step(session: Session) -> None:
            await session.fetch(_DELETE, operation_id)

        await self._store.database.run(step)

    async def _read(self, query: str, *values: str) -> list[BulkOperation]:
        async def step(session: Session) -> list[BulkOperation | None]:
            return [bulk_operation_of(document) for (document,) in await session.fetch(query, *values)]

        return [each for each in await self._store.database.run(step) if each is not None]

from __future__ import annotations

from backstage.domain.bulk_document import bulk_document_of, bulk_operation_of
from backstage.domain.bulk_operation import BulkOperation
from backstage.infra.redis.client import Client


class RedisBulkOperations:
    """Bulk operations over one hash: id -> version and document."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def save(self, operation: BulkOperation) -> bool:
        argument = [operation.id, operation.version, bulk_document_of(operation)]
        return bool(await self._client.run("save_bulk", self._client.keys.store, argument))

    async def find(self, operation_id: str) -> BulkOperation | None:
        stored = await self._client.command("HGET", self._client.keys.bulk, operation_id)
        return None if stored is None else _read(stored)

    async def all(self) -> list[BulkOperation]:
        stored = await self._client.command("HGETALL", self._client.keys.bulk)
        found = [each for each in map(_read, stored.values()) if each is not None]
        return sorted(found, key=lambda each: (each.planned_at, each.id), reverse=True)

    async def delete(self, operation_id: str) -> None:
        await self._client.command("HDEL", self._client.keys.bulk, operation_id)


def _read(stored: bytes) -> BulkOperation | None:
    return bulk_operation_of(stored.decode("utf-8", "replace").partition(" ")[2])

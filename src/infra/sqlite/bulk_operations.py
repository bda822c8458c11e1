from __future__ import annotations

import sqlite3

from backstage.domain.bulk_document import bulk_document_of, bulk_operation_of
from backstage.domain.bulk_operation import BulkOperation
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_ADD = "INSERT INTO backstage_bulk (id, version, document) VALUES (?, 1, ?) ON CONFLICT DO NOTHING"
_REPLACE = "UPDATE backstage_bulk SET version = ?, document = ? WHERE id = ? AND version = ?"
_FIND = "SELECT document FROM backstage_bulk WHERE id = ?"
_ALL = "SELECT document FROM backstage_bulk"
_DELETE = "DELETE FROM backstage_bulk WHERE id = ?"


class SqliteBulkOperations:
    """Bulk operations over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def save(self, operation: BulkOperation) -> bool:
        id_, version, document = operation.id, operation.version, bulk_document_of(operation)

        def step(transaction: Transaction) -> bool:
            if version == 1:
                return transaction.cursor.execute(_ADD, (id_, document)).rowcount > 0
            return transaction.cursor.execute(_REPLACE, (version, document, id_, version - 1)).rowcount > 0

        return await self._writer.run(step)

    async def find(self, operation_id: str) -> BulkOperation | None:
        found = await self._reader.run(lambda connection: _read(connection, _FIND, operation_id))
        return found[0] if found else None

    async def all(self) -> list[BulkOperation]:
        found = await self._reader.run(lambda connection: _read(connection, _ALL))
        return sorted(found, key=lambda each: (each.planned_at, each.id), reverse=True)

    async def delete(self, operation_id: str) -> None:
        def step(transaction: Transaction) -> None:
            transaction.cursor.execute(_DELETE, (operation_id,))

        await self._writer.run(step)


def _read(connection: sqlite3.Connection, query: str, *values: str) -> list[BulkOperation]:
    read = [bulk_operation_of(document) for (document,) in connection.execute(query, values)]
    return [each for each in read if each is not None]

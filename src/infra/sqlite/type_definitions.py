from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.type_definition import MOST_DEFINITIONS, TypeDefinition, definition_document_of, definition_of
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_PUT = """INSERT INTO backstage_type_definitions (type, told_at, document) VALUES (?, ?, ?)
          ON CONFLICT (type) DO UPDATE SET told_at = excluded.told_at, document = excluded.document"""
_FORGET = """DELETE FROM backstage_type_definitions
              WHERE type IN (SELECT type FROM backstage_type_definitions ORDER BY told_at DESC, type DESC
                              LIMIT -1 OFFSET ?)"""
_ALL = "SELECT type, document FROM backstage_type_definitions ORDER BY type"


class SqliteTypeDefinitions:
    """TypeDefinitions over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def put(self, definitions: Sequence[TypeDefinition]) -> None:
        rows = [(each.type, to_micros(each.told_at), definition_document_of(each)) for each in definitions]

        def step(transaction: Transaction) -> None:
            transaction.cursor.executemany(_PUT, rows)
            transaction.cursor.execute(_FORGET, (MOST_DEFINITIONS,))

        await self._writer.run(step)

    async def all(self) -> list[TypeDefinition]:
        rows = await self._reader.run(lambda connection: connection.execute(_ALL).fetchall())
        read = [definition_of(type_, document) for type_, document in rows]
        return [each for each in read if each is not None]

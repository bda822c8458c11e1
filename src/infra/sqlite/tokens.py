from __future__ import annotations

import sqlite3
from datetime import datetime

from backstage.domain.token import Token
from backstage.domain.token_document import token_document_of, token_of
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_PUT = "INSERT INTO backstage_tokens (digest, id, document) VALUES (?, ?, ?)"
_FIND = "SELECT document, last_used_at FROM backstage_tokens WHERE digest = ?"
_USED = "UPDATE backstage_tokens SET last_used_at = ? WHERE id = ?"
_DELETE = "DELETE FROM backstage_tokens WHERE id = ?"
_ALL = "SELECT document, last_used_at FROM backstage_tokens"


class SqliteTokens:
    """Tokens over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def put(self, token: Token, digest: str) -> None:
        def step(transaction: Transaction) -> None:
            transaction.cursor.execute(_PUT, (digest, token.id, token_document_of(token)))

        await self._writer.run(step)

    async def find(self, digest: str) -> Token | None:
        found = await self._reader.run(lambda connection: _tokens(connection, _FIND, digest))
        return found[0] if found else None

    async def used(self, token_id: str, at: datetime) -> None:
        def step(transaction: Transaction) -> None:
            transaction.cursor.execute(_USED, (to_micros(at), token_id))

        await self._writer.run(step)

    async def delete(self, token_id: str) -> bool:
        def step(transaction: Transaction) -> bool:
            return transaction.cursor.execute(_DELETE, (token_id,)).rowcount > 0

        return await self._writer.run(step)

    async def all(self) -> list[Token]:
        found = await self._reader.run(lambda connection: _tokens(connection, _ALL))
        return sorted(found, key=lambda token: (token.created_at, token.id))


def _tokens(connection: sqlite3.Connection, query: str, *values: str) -> list[Token]:
    rows = connection.execute(query, values).fetchall()
    read = [token_of(document, None if used is None else from_micros(used)) for document, used in rows]
    return [token for token in read if token is not None]

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from backstage.infra.postgres.statements import qualified


class Driver(Protocol):
    """What we call of an asyncpg connection, be it a pool's or a caller's."""

    async def fetch(self, query: str, *arguments: Any) -> list[Any]: ...
    def transaction(self) -> Any: ...


class Session:
    """The use of one connection for one step: statements in the schema of the store.

    With a pooler between, two messages outside a transaction may reach two server sessions; so each statement is then
    sent in a transaction of its own.
    """

    def __init__(self, connection: Driver, schema: str, *, is_pooled: bool = False) -> None:
        self._connection, self._schema, self._is_pooled = connection, schema, is_pooled
        self._is_in_transaction = False

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        sql = qualified(sql, self._schema)
        if self._is_pooled and not self._is_in_transaction:
            async with self._connection.transaction():
                return await self._connection.fetch(sql, *arguments)
        return await self._connection.fetch(sql, *arguments)

    async def value(self, sql: str, *arguments: Any) -> Any:
        """Return the first column of the first row, None without rows."""
        rows = await self.fetch(sql, *arguments)
        return rows[0][0] if rows else None

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All statements in the block, or none of them."""
        was_in_one, self._is_in_transaction = self._is_in_transaction, True
        try:
            async with self._connection.transaction():
                yield
        finally:
            self._is_in_transaction = was_in_one

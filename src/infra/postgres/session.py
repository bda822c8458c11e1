"""Steps on a connection of the store: what they see of it, and how they are made again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

import asyncpg

from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.statements import qualified
from backstage.infra.postgres.store_errors import DRIVER_ERRORS, is_of_prepared_statements, is_undone, translate

T = TypeVar("T")

_PAUSES = (0.01, 0.05, 0.25, 0.5)
"""Seconds before each further try: together less than a poll."""


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
        self.is_in_transaction = False

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        sql = qualified(sql, self._schema)
        if self._is_pooled and not self.is_in_transaction:
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
        was_in_one, self.is_in_transaction = self.is_in_transaction, True
        try:
            async with self._connection.transaction():
                yield
        finally:
            self.is_in_transaction = was_in_one


Step = Callable[[Session], Awaitable[T]]
"""One or more statements on one connection; when it is made again, it is made anew as a whole."""


class Runner(Protocol):
    """Makes steps. Raises the errors of TaskRepository."""

    async def run(self, step: Step[T]) -> T: ...


async def attempt(connector: Connector, borrow: Callable[[], AbstractAsyncContextManager[Session]], step: Step[T]) -> T:
    """Make the step with a borrowed connection, and again while the server undoes it or cannot be reached.

    After any other error nobody knows whether the step was made, so it is not made again: the caller decides.
    """
    for pause in (*_PAUSES, None):
        has_begun = False
        try:
            async with borrow() as session:
                has_begun = True
                return await step(session)
        except DRIVER_ERRORS as error:
            was_not_made = is_undone(error) or not (has_begun or isinstance(error, TimeoutError))
            if is_of_prepared_statements(error):
                was_not_made = connector.distrust_prepared_statements() or connector.is_pooled
            if pause is None or not was_not_made:
                raise translate(error, connector.location.shown) from error
        await asyncio.sleep(pause)
    raise AssertionError("the last try returns or raises")


def is_read_only(connection: Any) -> bool:
    """Whether the server has said by itself that nothing can be written on this connection, as a standby does.

    It says so when the connection is made and whenever that changes, with its next answer. A connection that broke off
    in the middle says nothing more: its pool has taken it back.
    """
    try:
        settings = connection.get_settings()
    except asyncpg.InterfaceError:
        return False
    return "on" in (
        getattr(settings, "in_hot_standby", "off"),
        getattr(settings, "default_transaction_read_only", "off"),
    )

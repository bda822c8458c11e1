"""Enqueuing in a transaction that is the caller's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from backstage.domain.errors import ConfigurationError
from backstage.infra.postgres.notifier import NOTIFY, channel_of
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import qualified
from backstage.infra.postgres.store import IDENTITY, Store
from backstage.infra.postgres.store_errors import DRIVER_ERRORS, translate


class _Within:
    """A caller's connection: transactions in its own are savepoints, however that one was begun."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        rows: list[Any] = await self._connection.fetch(query, *arguments)
        return rows

    def transaction(self) -> _Savepoint:
        return _Savepoint(self._connection)


class _Savepoint:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def __aenter__(self) -> None:
        await self._connection.execute("SAVEPOINT backstage_add")

    async def __aexit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        if error_type is not None and not self._connection.is_closed():
            await self._connection.execute("ROLLBACK TO SAVEPOINT backstage_add")
        if not self._connection.is_closed():
            await self._connection.execute("RELEASE SAVEPOINT backstage_add")


@contextlib.asynccontextmanager
async def within_transaction(connection: Any, store: Store) -> AsyncIterator[Session]:
    """Yield a session in the open transaction of `connection`: all statements of the block or none. Once that commits,
    whoever waits for work is woken.

    Runs in the calling loop. Raises ConfigurationError for another database or without an open transaction.
    """
    location = store.database.connector.location
    if not isinstance(connection, (asyncpg.Connection, PoolConnectionProxy)):
        kind = type(connection)
        raise ConfigurationError(
            "connection", f"is of type {kind.__module__}.{kind.__name__}: pass an asyncpg connection"
        )
    if not connection.is_in_transaction():
        raise ConfigurationError("connection", "has no transaction open: use `async with connection.transaction()`")
    session = Session(_Within(connection), location.schema)
    try:
        found = tuple((await connection.fetch(IDENTITY, qualified("backstage_tasks", location.schema)))[0])
        if found != await store.identity():
            raise ConfigurationError(
                "connection",
                f"is to the database {found[0]}, but the tasks are in {location.shown}: connect to that database",
            )
        async with session.transaction():
            yield session
            await session.fetch(NOTIFY, channel_of(location.schema), "")
    except DRIVER_ERRORS as error:
        raise translate(error, location.shown) from error

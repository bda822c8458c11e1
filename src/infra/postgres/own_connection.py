from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import asyncpg

from backstage.infra.postgres.attempts import Step, attempt
from backstage.infra.postgres.connector import CONNECT_TIMEOUT, Connector
from backstage.infra.postgres.session import Session

T = TypeVar("T")


class OwnConnection:
    """One connection of the running loop, for one step at a time; made when it is needed, and anew when it was lost."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._connection: asyncpg.Connection[Any] | None = None
        self._lock = asyncio.Lock()

    async def run(self, step: Step[T]) -> T:
        return await attempt(self._connector, self._borrow, step)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None or connection.is_closed():
            return
        try:
            await connection.close(timeout=CONNECT_TIMEOUT)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    @contextlib.asynccontextmanager
    async def _borrow(self) -> AsyncIterator[Session]:
        async with self._lock:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connector.connect()
            connection = self._connection
            try:
                yield self._connector.session_of(connection)
            except BaseException as error:
                # Cancelled or timed out in the middle, it would give its answer to whoever comes next.
                if not isinstance(error, asyncpg.PostgresError):
                    self._connection = None
                    connection.terminate()
                raise

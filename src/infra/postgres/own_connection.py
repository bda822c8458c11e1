from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import asyncpg

from backstage.infra.postgres.connections_taken import UNUSED_FOR
from backstage.infra.postgres.connector import CONNECT_TIMEOUT, Connector
from backstage.infra.postgres.session import Session, Step, attempt, is_read_only

T = TypeVar("T")


class OwnConnection:
    """One connection of the running loop, for one step at a time; made when it is needed, anew when it was lost, and
    closed when it is not used."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._connection: asyncpg.Connection[Any] | None = None
        self._epoch = connector.epoch.number
        self._lock = asyncio.Lock()
        self._expiry: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    async def run(self, step: Step[T]) -> T:
        return await attempt(self._connector, self._borrow, step)

    async def close(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
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
            if self._expiry is not None:
                self._expiry.cancel()
            connection = await self._fit()
            is_done = False
            try:
                yield Session(connection, self._connector.location.schema, is_pooled=self._connector.is_pooled)
                is_done = not is_read_only(connection)
            except asyncpg.PostgresError as error:
                self._connector.judge(error, self._epoch)
                is_done = not is_read_only(connection)
                raise
            finally:
                # Cancelled or timed out in the middle, it would give its answer to whoever comes next.
                if not is_done:
                    self._connection = None
                    connection.terminate()
                self._expiry = asyncio.get_running_loop().call_later(UNUSED_FOR, self._expire)

    def _expire(self) -> None:
        self._closing = asyncio.get_running_loop().create_task(self.close())

    async def _fit(self) -> asyncpg.Connection[Any]:
        """Return the connection, made anew if it is lost, or of an earlier epoch."""
        connection, epoch = self._connection, self._connector.epoch.number
        if connection is not None and self._epoch != epoch:
            connection.terminate()
        if connection is None or connection.is_closed():
            self._connection = None
            self._connection = connection = await self._connector.connect()
            self._epoch = epoch
        return connection

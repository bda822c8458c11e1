"""One server, and one connection to it that all calls of the loop share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import ConnectionPool
from redis.exceptions import ConnectionError as NoConnectionError
from redis.exceptions import ResponseError

from backstage.infra.connection_epoch import ConnectionEpoch
from backstage.infra.redis.connections import close_pool, pool_of
from backstage.infra.redis.location import Location
from backstage.infra.redis.shared_connection import Command, SharedConnection
from backstage.infra.redis.store_errors import is_of_another_server


class SharedServer:
    """Servers of one server, or of whichever Sentinel names."""

    def __init__(self, location: Location, epoch: ConnectionEpoch) -> None:
        self._location, self._epoch, self._number = location, epoch, epoch.number
        self._connection: SharedConnection | None = None
        self._connecting: asyncio.Task[SharedConnection] | None = None
        self._pools: set[ConnectionPool] = set()
        """Of the driver, one for each connection: it holds what the connection was made with."""
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        if not commands:
            return []
        connection = self._connection
        if connection is None or not connection.is_open or self._number != self._epoch.number:
            connection = await self._connected()
        number = self._number
        try:
            replies = await connection.send(commands)
        except Exception as error:
            if is_of_another_server(error):
                self._epoch.end(number)
            raise
        for reply in replies:
            if isinstance(reply, ResponseError) and is_of_another_server(reply):
                self._epoch.end(number)
        return replies

    async def send_each(self, command_for: Callable[[str], Command]) -> dict[str, Any]:
        return dict(zip([""], await self.send([command_for("")]), strict=True))

    async def close(self) -> None:
        """Whoever waits for a connection is told that there is none any more."""
        self._is_closed = True
        if self._connecting is not None:
            await asyncio.wait([self._connecting])
        while self._pools:
            await close_pool(self._pools.pop())
        await asyncio.gather(*self._closing)

    # -- connecting ------------------------------------------------------------------------------

    async def _connected(self) -> SharedConnection:
        """All who come meanwhile wait for the same connection, and are told if it cannot be made."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._keep)
        return await asyncio.shield(self._connecting)

    async def _connect(self) -> SharedConnection:
        if self._connection is not None:
            self._connection.leave()
        self._number = self._epoch.number
        pool = pool_of(self._location)
        try:
            driver: Any = await pool.get_connection()  # type: ignore[no-untyped-call]
            if self._is_closed:
                raise NoConnectionError("the store was closed")
        except BaseException:
            await close_pool(pool)
            raise
        self._pools.add(pool)
        connection = SharedConnection(driver, self._location.socket_timeout)
        connection.lost.add_done_callback(lambda _: self._begin_closing(pool))
        return connection

    def _keep(self, connecting: asyncio.Task[SharedConnection]) -> None:
        self._connecting = None
        if not connecting.cancelled() and connecting.exception() is None:
            self._connection = connecting.result()

    def _begin_closing(self, pool: ConnectionPool) -> None:
        """The driver's side of a connection that is lost."""
        if pool in self._pools:
            self._pools.discard(pool)
            closing = asyncio.create_task(close_pool(pool))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

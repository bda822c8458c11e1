from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import asyncpg

from backstage.infra.postgres.connections_taken import UNUSED_FOR
from backstage.infra.postgres.connector import CONNECT_TIMEOUT, Connector


class Lent:
    """A connection of the pool, and since when nobody uses it."""

    __slots__ = ("connection", "epoch", "unused_since")

    def __init__(self, connection: asyncpg.Connection[Any], epoch: int) -> None:
        self.connection, self.epoch, self.unused_since = connection, epoch, 0.0


class ConnectionPool:
    """Connections of one event loop: made when they are needed, at most `size`, and closed when they are not used.
    `size` may be changed.

    What was given back last is lent first, so few are in use where few are needed. In place of the driver's pool,
    which takes a task, two timers and three turns of the event loop to lend a connection (decision 0414).
    """

    def __init__(self, connector: Connector, size: int) -> None:
        self.size = size
        self._connector = connector
        self._all: set[Lent] = set()
        self._unused: list[Lent] = []
        self._being_made = 0
        self._waiting: deque[asyncio.Future[Lent | None]] = deque()
        self._is_closed = False
        self._sweep_timer: asyncio.TimerHandle | None = None

    async def take(self) -> Lent:
        """Raises TimeoutError when none becomes free in time, and what connecting raises."""
        if self._is_closed:
            raise asyncpg.InterfaceError("the store is closed")
        while self._unused:
            lent = self._unused.pop()
            if self._is_fit(lent):
                return lent
            self._forget(lent)
        if self._has_room():
            self._being_made += 1
            return await self._make()
        return await self._wait()

    def give_back(self, lent: Lent) -> None:
        """After a step that left nothing behind in the session."""
        if self._is_closed or not self._is_fit(lent) or len(self._all) > self.size:
            self.drop(lent)
            return
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(lent)
            return
        loop = asyncio.get_running_loop()
        lent.unused_since = loop.time()
        self._unused.append(lent)
        if self._sweep_timer is None:
            self._sweep_timer = loop.call_later(UNUSED_FOR, self._sweep)

    def drop(self, lent: Lent) -> None:
        """After a step that may have left something behind. Another may be made in its place."""
        self._forget(lent)
        self._pass_on_the_room()

    async def close(self) -> None:
        """Those that are lent are closed when they are given back."""
        self._stop()
        unused, self._unused = self._unused, []
        for lent in unused:
            self._all.discard(lent)
            await lent.connection.close(timeout=CONNECT_TIMEOUT)

    def terminate(self) -> None:
        """At once, and those that are lent too."""
        self._stop()
        self._unused.clear()
        for lent in list(self._all):
            self._forget(lent)

    def _has_room(self) -> bool:
        return len(self._all) + self._being_made < self.size

    def _is_fit(self, lent: Lent) -> bool:
        return lent.epoch == self._connector.epoch.number and not lent.connection.is_closed()

    async def _make(self) -> Lent:
        """In room that is counted as being filled."""
        epoch = self._connector.epoch.number
        try:
            lent = Lent(await self._connector.connect(), epoch)
        except BaseException:
            self._being_made -= 1
            self._pass_on_the_room()
            raise
        self._being_made -= 1
        self._all.add(lent)
        return lent

    async def _wait(self) -> Lent:
        waiter: asyncio.Future[Lent | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self._connector.location.command_timeout):
                lent = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._return_unwanted(waiter.result())
            raise
        return await self._make() if lent is None else lent

    def _return_unwanted(self, lent: Lent | None) -> None:
        if lent is not None:
            self.give_back(lent)
        else:
            self._being_made -= 1
            self._pass_on_the_room()

    def _pass_on_the_room(self) -> None:
        """Let who waits longest make a connection."""
        waiter = self._next_waiter() if self._has_room() else None
        if waiter is not None:
            self._being_made += 1
            waiter.set_result(None)

    def _next_waiter(self) -> asyncio.Future[Lent | None] | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None

    def _forget(self, lent: Lent) -> None:
        self._all.discard(lent)
        lent.connection.terminate()

    def _sweep(self) -> None:
        """Close what nobody has used for long."""
        loop = asyncio.get_running_loop()
        old = loop.time() - UNUSED_FOR
        for lent in [each for each in self._unused if each.unused_since <= old]:
            self._unused.remove(lent)
            self._forget(lent)
        self._sweep_timer = loop.call_later(UNUSED_FOR, self._sweep) if self._unused else None

    def _stop(self) -> None:
        self._is_closed = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        while (waiter := self._next_waiter()) is not None:
            waiter.set_exception(asyncpg.InterfaceError("the store is closed"))

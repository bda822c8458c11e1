from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import asyncpg

from backstage.infra.postgres.connections_taken import UNUSED_FOR
from backstage.infra.postgres.connector import CONNECT_TIMEOUT, Connector

_PATIENCE = 0.02
"""Seconds that a step waits for a connection that is lent before another is made."""
_WAITS_OF_A_BUSY_ONE = 3
"""Within a second: whoever waits after so many gets another connection at once."""
_USES_OF_A_BUSY_ONE = 60
"""Between two sweeps. One that is used less is closed, if it is not the only one."""


class Lent:
    """A connection of the pool, and how often it was lent since the last sweep."""

    __slots__ = ("connection", "epoch", "uses")

    def __init__(self, connection: asyncpg.Connection[Any], epoch: int) -> None:
        self.connection, self.epoch, self.uses = connection, epoch, 1


class ConnectionPool:
    """Connections of one event loop: made when they are needed, at most `size`, and closed when they are not used.
    `size` may be changed.

    What was given back last is lent first, and a step rather waits a moment than have another made, so an idle worker,
    whose loops now and then ask at the same moment, needs only one. In place of the driver's pool,
    which takes a task, two timers and three turns of the event loop to lend a connection (decision 0414).
    """

    def __init__(self, connector: Connector, size: int) -> None:
        self.size = size
        self._connector = connector
        self._all: set[Lent] = set()
        self._unused: list[Lent] = []
        self._being_made = 0
        self._waiting: deque[asyncio.Future[Lent | None]] = deque()
        self._last_waits: deque[float] = deque([-1.0] * _WAITS_OF_A_BUSY_ONE, maxlen=_WAITS_OF_A_BUSY_ONE)
        self._is_closed = False
        self._sweep_timer: asyncio.TimerHandle | None = None

    def adopt(self, connection: asyncpg.Connection[Any]) -> None:
        """One of this loop that was made by the same connector, and that nobody uses."""
        lent = Lent(connection, self._connector.epoch.number)
        self._all.add(lent)
        self.give_back(lent)

    async def take(self) -> Lent:
        """Raises TimeoutError when none becomes free in time, and what connecting raises."""
        if self._is_closed:
            raise asyncpg.InterfaceError("the store is closed")
        while self._unused:
            lent = self._unused.pop()
            if self._is_fit(lent):
                lent.uses += 1
                return lent
            self._forget(lent)
        is_first = not self._all and not self._being_made
        if (is_first or self._is_busy()) and self._has_room():
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
            lent.uses += 1
            waiter.set_result(lent)
            return
        self._unused.append(lent)
        if self._sweep_timer is None:
            self._sweep_timer = asyncio.get_running_loop().call_later(UNUSED_FOR, self._sweep)

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

    def _is_busy(self) -> bool:
        """Whether steps have had to wait often of late; this one has to, too."""
        now = asyncio.get_running_loop().time()
        self._last_waits.append(now)
        return now - self._last_waits[0] < 1.0

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
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Lent | None] = loop.create_future()
        self._waiting.append(waiter)
        patience = loop.call_later(_PATIENCE, self._pass_on_the_room)
        try:
            async with asyncio.timeout(self._connector.location.command_timeout):
                lent = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._return_unwanted(waiter.result())
            raise
        finally:
            patience.cancel()
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
        """Close what was hardly used since the last time, but for one if it was used at all."""
        by_use = sorted(self._unused, key=lambda lent: lent.uses)
        for lent in by_use:
            is_only_one = len(self._all) == 1
            if lent.uses < (1 if is_only_one else _USES_OF_A_BUSY_ONE):
                self._unused.remove(lent)
                self._forget(lent)
        for lent in self._all:
            lent.uses = 0
        loop = asyncio.get_running_loop()
        self._sweep_timer = loop.call_later(UNUSED_FOR, self._sweep) if self._unused else None

    def _stop(self) -> None:
        self._is_closed = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        while (waiter := self._next_waiter()) is not None:
            waiter.set_exception(asyncpg.InterfaceError("the store is closed"))

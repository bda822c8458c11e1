"""Waking the workers of all hosts: Pub/Sub on a connection of its own for each subscriber, a hint and nothing more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from redis.asyncio import ConnectionPool

from backstage.infra.event_wakeup import EventWakeup
from backstage.infra.redis.client import Client
from backstage.infra.redis.connections import close_pool, cluster_of, pool_of
from backstage.infra.redis.location import Location
from backstage.infra.redis.servers import propagating_cancel
from backstage.infra.redis.store_errors import DRIVER_ERRORS

_TEST_AFTER = 10.0
"""Seconds of silence after which the connection must answer a ping."""
_RECONNECT_AFTER = (0.1, 0.5, 1.0, 2.0, 5.0)


@contextlib.asynccontextmanager
async def subscribe(client: Client) -> AsyncIterator[EventWakeup]:
    """Subscribed, if the server answers, when it is entered; else as soon as it does."""
    wakeup = EventWakeup()
    subscriber = _Subscriber(client, wakeup)
    try:
        with contextlib.suppress(*DRIVER_ERRORS):
            await subscriber.connect()
        listening = asyncio.create_task(subscriber.listen())
        try:
            yield wakeup
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
    finally:
        await subscriber.disconnect()


class _Subscriber:
    """One subscribed connection, replaced when it breaks or falls silent."""

    def __init__(self, client: Client, wakeup: EventWakeup) -> None:
        self._location, self._channel, self._epoch = client.location, client.keys.wake_channel, client.epoch
        self._wakeup = wakeup
        self._pool: ConnectionPool | None = None
        self._connection: Any = None

    async def connect(self) -> None:
        pool = self._pool = await _pool(self._location)
        connection: Any = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.send_command("SUBSCRIBE", self._channel)
            await connection.read_response(timeout=self._location.socket_timeout, push_request=True)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._connection = connection

    async def listen(self) -> None:
        failures = 0
        while True:
            try:
                if self._connection is None:
                    await propagating_cancel(self.connect())
                    self._wakeup.wake()
                failures = 0
                await self._receive_in_this_epoch()
            except DRIVER_ERRORS:
                await self.disconnect()
                await asyncio.sleep(_RECONNECT_AFTER[min(failures, len(_RECONNECT_AFTER) - 1)])
                failures += 1

    async def _receive_in_this_epoch(self) -> None:
        """Raises TimeoutError when the epoch of connections ends: what is said is said on another server then."""
        async with asyncio.timeout(None) as receiving:

            def end() -> None:
                with contextlib.suppress(RuntimeError):  # it has ended already
                    receiving.reschedule(0.0)

            with self._epoch.watched(end):
                await self._receive()

    async def _receive(self) -> None:
        """Wait for messages until the connection breaks; in silence, ask whether it still stands."""
        is_tested = False
        while True:
            patience = self._location.socket_timeout if is_tested else _TEST_AFTER
            received = await self._connection.read_response(
                timeout=patience, disconnect_on_error=False, push_request=True
            )
            if received is not None:
                is_tested = False
                if isinstance(received, list) and received[0] == b"message":
                    self._wakeup.wake()
            elif is_tested:
                raise TimeoutError("the subscribed connection does not answer")
            else:
                is_tested = True
                await propagating_cancel(self._connection.send_command("PING", check_health=False))

    async def disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
        pool, self._pool = self._pool, None
        if pool is not None:
            await close_pool(pool)


async def _pool(location: Location) -> ConnectionPool:
    if location.kind != "cluster":
        return pool_of(location)
    async with cluster_of(location) as cluster:  # messages reach every node of a cluster
        node = cluster.get_random_node()
        return pool_of(replace(location, kind="single", hosts=((str(node.host), int(node.port)),)))

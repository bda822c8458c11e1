"""Waking the workers of all hosts: Pub/Sub on a connection of its own for each subscriber, a hint and nothing more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

from redis.asyncio import ConnectionPool
from redis.exceptions import NoPermissionError

from backstage.domain.errors import TaskError
from backstage.domain.hint import Hint
from backstage.infra.event_wakeup import EventWakeup, address_of, hint_of
from backstage.infra.redis.client import Client
from backstage.infra.redis.connections import close_pool, cluster_of, pool_of
from backstage.infra.redis.location import Location
from backstage.infra.redis.servers import propagating_cancel
from backstage.infra.redis.store_errors import DRIVER_ERRORS

_TEST_AFTER = 30.0
"""Seconds of silence after which the connection must answer a ping."""
_RECONNECT_AFTER = (0.1, 0.5, 1.0, 2.0, 5.0)


class RedisWakeup(EventWakeup):
    """Wakeup by the channel that all hear and by one of its own."""

    def __init__(self, client: Client, name: str | None) -> None:
        super().__init__()
        self._client = client
        own_channel = None if name is None else client.keys.call_channel(address_of(name))
        self.subscriber = _Subscriber(client, own_channel, self.wake)

    @property
    def is_called(self) -> bool:
        return self.subscriber.is_called

    def hear_all(self) -> None:
        self.subscriber.hear_all()

    def hear_calls(self) -> None:
        self.subscriber.hear_calls()

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        channels = [self._client.keys.call_channel(address_of(name)) for name in names]
        with contextlib.suppress(TaskError):
            await self._client.commands(*(("PUBLISH", channel, str(int(hint))) for channel in channels))


@contextlib.asynccontextmanager
async def subscribe(client: Client, name: str | None) -> AsyncIterator[RedisWakeup]:
    """Subscribed, if the server answers, when it is entered; else as soon as it does."""
    wakeup = RedisWakeup(client, name)
    subscriber = wakeup.subscriber
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

    def __init__(self, client: Client, own_channel: str | None, wake: Callable[[Hint], None]) -> None:
        self._location, self._channel, self._epoch = client.location, client.keys.wake_channel, client.epoch
        self._own_channel, self._wake = own_channel, wake
        self._hears_all = True
        self._changing: asyncio.Task[None] | None = None
        self.is_called = False
        self._pool: ConnectionPool | None = None
        self._connection: Any = None

    async def connect(self) -> None:
        pool = self._pool = await _pool(self._location)
        connection: Any = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.is_called = self._own_channel is not None and await self._subscribed(connection, self._own_channel)
            if self._hears_all or not self.is_called:
                await connection.send_command("SUBSCRIBE", self._channel)
                await connection.read_response(timeout=self._location.socket_timeout, push_request=True)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._connection = connection

    async def _subscribed(self, connection: Any, channel: str) -> bool:
        """Return whether the user may listen to that channel."""
        await connection.send_command("SUBSCRIBE", channel)
        try:
            await connection.read_response(timeout=self._location.socket_timeout, push_request=True)
        except NoPermissionError:
            return False
        return True

    def hear_all(self) -> None:
        self._hears_all = True
        self._change("SUBSCRIBE")

    def hear_calls(self) -> None:
        self._hears_all = False
        self._change("UNSUBSCRIBE")

    def _change(self, command: str) -> None:
        """On the connection that there is; the next is made as it is wanted then."""
        if self._connection is not None:
            self._changing = asyncio.create_task(self._sent(command, self._changing))

    async def _sent(self, command: str, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        with contextlib.suppress(*DRIVER_ERRORS, AttributeError):  # it broke, or was closed: the listening side tells
            await self._connection.send_command(command, self._channel, check_health=False)

    async def listen(self) -> None:
        failures = 0
        while True:
            try:
                if self._connection is None:
                    await propagating_cancel(self.connect())
                    self._wake(Hint.WORK)
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
                    self._wake(hint_of(received[2].decode(errors="replace")))
                elif isinstance(received, list) and received[0] == b"subscribe":
                    self._wake(Hint.WORK)  # what was said before was missed
            elif is_tested:
                raise TimeoutError("the subscribed connection does not answer")
            else:
                is_tested = True
                await propagating_cancel(self._connection.send_command("PING", check_health=False))

    async def disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self.is_called = False
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

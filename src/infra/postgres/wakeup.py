"""Waking workers by LISTEN: a hint, tested by a message to oneself; whoever hears nothing polls."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg

from backstage.domain.hint import Hint
from backstage.infra.event_wakeup import EventWakeup, hint_of
from backstage.infra.log_events import NOTIFICATIONS_MISSING
from backstage.infra.postgres.connector import CONNECT_TIMEOUT, Connector
from backstage.infra.postgres.notifier import NOTIFY, Notifier, channel_of, own_channel_of
from backstage.infra.postgres.session import is_read_only
from backstage.infra.postgres.store_errors import DRIVER_ERRORS

_ANSWERED_WITHIN = 5.0
"""Seconds in which a message to oneself comes back where notifications work at all."""
_TESTED_EVERY = 30.0
"""Seconds between two tests: a connection that something in between has dropped is noticed by then."""
_PAUSES = (0.1, 0.5, 2.0, 10.0)
"""Seconds before connecting again, the last one again and again."""


class PostgresWakeup(EventWakeup):
    """Wakeup by the channel that all hear and by one of its own."""

    def __init__(self, connector: Connector, notifier: Notifier, name: str | None, logger: Any) -> None:
        super().__init__()
        schema = connector.location.schema
        own_channel = own_channel_of(schema, uuid4().hex if name is None else name)
        self._notifier, self._name = notifier, name
        self.listener = Listener(connector, channel_of(schema), own_channel, self.wake, logger)

    @property
    def is_called(self) -> bool:
        return self._name is not None and self.listener.has_worked

    def hear_all(self) -> None:
        self.listener.hear_all()

    def hear_calls(self) -> None:
        self.listener.hear_calls()

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        await self._notifier.call(names, hint)


class Listener:
    """Keeps one connection of the running loop listening, tests it, and makes it anew."""

    def __init__(
        self, connector: Connector, channel: str, own_channel: str, wake: Callable[[Hint], None], logger: Any
    ) -> None:
        self._connector, self._wake, self._logger = connector, wake, logger
        self._channel, self._own_channel = channel, own_channel
        self._hears_all = self._listens_to_all = True
        self._is_lost = False
        self._stirred = asyncio.Event()
        self._echo: asyncio.Future[None] | None = None
        self._token = ""
        self.has_worked = False
        """Whether the connection that is listening has been tested."""
        self._has_warned = False
        self.is_ready = asyncio.Event()
        """Set when it listens, or has failed to once. Whether messages arrive is tested after that: behind a pooler
        the test takes its whole time, and whoever polls meanwhile loses nothing."""

    def hear_all(self) -> None:
        self._hears_all = True
        self._stirred.set()

    def hear_calls(self) -> None:
        self._hears_all = False
        self._stirred.set()

    async def listen(self) -> None:
        """Listen until cancelled."""
        failures = 0
        while True:
            try:
                await self._listen_once()
            except (*DRIVER_ERRORS, _DeafError) as error:
                self._warn(error)
            failures = 0 if self.has_worked else failures + 1
            self.has_worked = False
            self._wake(Hint.WORK)  # what happened while nobody listened was missed
            self.is_ready.set()
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])

    async def _listen_once(self) -> None:
        self._is_lost = False
        with self._connector.epoch.watched(self._lose):
            connection = await self._connector.connect()
            try:
                await self._listen_on(connection)
            finally:
                connection.terminate()

    async def _listen_on(self, connection: asyncpg.Connection[Any]) -> None:
        connection.add_termination_listener(self._lose)
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await connection.add_listener(self._own_channel, self._called)
            await connection.add_listener(self._channel, self._told)
        self._listens_to_all = True
        self.is_ready.set()
        while not self._is_lost:
            await self._test(connection)
            self.has_worked, self._has_warned = True, False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TESTED_EVERY):
                    await self._until_lost(connection)

    async def _until_lost(self, connection: asyncpg.Connection[Any]) -> None:
        """Listen to the common channel as long as that is wanted."""
        while not self._is_lost:
            self._stirred.clear()
            if not self._hears_all:
                self._listens_to_all = False  # first, for it may be wanted again while the server answers
                await connection.remove_listener(self._channel, self._told)
            elif not self._listens_to_all:
                await connection.add_listener(self._channel, self._told)
                self._listens_to_all = True
                self._wake(Hint.WORK)  # what was said before was missed
            await self._stirred.wait()

    async def _test(self, connection: asyncpg.Connection[Any]) -> None:
        """Send a message to ourselves and wait for it. Raises _DeafError, also where nobody else could send one."""
        self._token = uuid4().hex
        self._echo = asyncio.get_running_loop().create_future()
        await self._send(connection)
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN):
                await self._echo
        except TimeoutError:
            raise _DeafError("a message to itself did not arrive: is there a pooler in transaction mode?") from None
        if is_read_only(connection):
            raise _DeafError("the server is read-only, so notifications are sent to another one")

    async def _send(self, connection: asyncpg.Connection[Any]) -> None:
        """Through another connection where a pooler is between.

        What a client sends on the session that it was lent comes back to it, although nobody else's messages would.
        """
        sender = await self._connector.connect() if self._connector.is_pooled else connection
        try:
            await sender.fetch(NOTIFY, self._own_channel, self._token)
        finally:
            if sender is not connection:
                sender.terminate()

    def _told(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if not payload:  # releases before calls send the tests of their connections there, too
            self._wake(Hint.WORK)

    def _called(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload != self._token:
            self._wake(hint_of(str(payload)))
        elif self._echo is not None and not self._echo.done():
            self._echo.set_result(None)

    def _lose(self, _connection: object = None) -> None:
        self._is_lost = True
        self._stirred.set()

    def _warn(self, error: Exception) -> None:
        if not self._has_warned and self._logger is not None:
            self._has_warned = True
            self._logger.warning(NOTIFICATIONS_MISSING, url=self._connector.location.shown, error=str(error))


class _DeafError(Exception):
    pass


@contextlib.asynccontextmanager
async def subscribe(
    connector: Connector, notifier: Notifier, name: str | None, logger: Any
) -> AsyncIterator[PostgresWakeup]:
    """A subscription of the running loop. Returns once it listens, or has found that it cannot, which is logged."""
    wakeup = PostgresWakeup(connector, notifier, name, logger)
    listening = asyncio.create_task(wakeup.listener.listen(), name="backstage-postgres-listener")
    try:
        await wakeup.listener.is_ready.wait()
        yield wakeup
    finally:
        listening.cancel()
        await asyncio.wait([listening])

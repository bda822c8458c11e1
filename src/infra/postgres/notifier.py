from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from backstage.domain.errors import TaskError
from backstage.domain.hint import Hint
from backstage.infra.event_wakeup import address_of
from backstage.infra.postgres.database import Database
from backstage.infra.postgres.session import Session
from backstage.infra.server_time import ServerTime

NOTIFY = "SELECT pg_notify($1::text, $2::text)"
_NOTIFY_AND_TELL = "SELECT pg_notify($1::text, $2::text), (extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
_NOTIFY_EACH = "SELECT pg_notify(channel, $2::text) FROM unnest($1::text[]) channel"
_APART = 0.005
"""Seconds between two notifications of one process: a hint is enough for all that was stored meanwhile."""


def channel_of(schema: str) -> str:
    """Return the name that a store's notifications go by; they do not leave its database."""
    return f"backstage_{address_of(schema)}"


def own_channel_of(schema: str, name: str) -> str:
    """Return the channel by which the one subscriber of that name is called."""
    return f"{channel_of(schema)}_{address_of(name)}"


class Notifier:
    """Tells listeners that there may be work: after the commit, in a statement of its own (decision 0406).

    A transaction that notifies holds a lock of the whole server from before its commit is flushed until after it, so
    producers that notified in theirs would commit one after another. The answer says what time it is on the server, so
    a producer that lives long follows a clock that is set there.
    """

    def __init__(self, database: Database, time: ServerTime) -> None:
        self._database, self._time = database, time
        self._channel = channel_of(database.connector.location.schema)
        self._is_wanted = False
        self._is_telling = False

    def wake(self) -> None:
        """Wake every waiter, soon; from any thread, never fails."""
        self._database.call_at_home(self.wake_from_home)

    def wake_from_home(self) -> None:
        """The same, from the loop that opened the store."""
        self._is_wanted = True
        if not self._is_telling and self._database.is_open:
            self._is_telling = True
            self._database.begin(self._tell())

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        """Give a hint to the waiters of these names; never fails."""
        schema = self._database.connector.location.schema
        channels = [own_channel_of(schema, name) for name in names]

        async def step(session: Session) -> None:
            await session.fetch(_NOTIFY_EACH, channels, str(int(hint)))

        with contextlib.suppress(TaskError):
            await self._database.run(step)

    async def _tell(self) -> None:
        try:
            while self._is_wanted:
                self._is_wanted = False
                with contextlib.suppress(TaskError):
                    await self._database.run(self._notify)
                await asyncio.sleep(_APART)
        finally:
            self._is_telling = False

    async def _notify(self, session: Session) -> None:
        asked_at = self._time.clock.monotonic()
        [(_, now)] = await session.fetch(_NOTIFY_AND_TELL, self._channel, "")
        self._time.measured(now, asked_at)

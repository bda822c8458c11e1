"""The one way a connection to the server is made."""

from __future__ import annotations

from typing import Any

import asyncpg

from backstage.infra.connection_epoch import ConnectionEpoch
from backstage.infra.postgres.location import Location
from backstage.infra.postgres.store_errors import is_of_another_server

CONNECT_TIMEOUT = 10.0
"""Seconds in which a connection is made or given up."""

_STATEMENTS_KEPT = 200
_PLANNING = {  # decision 0404
    "plan_cache_mode": "force_generic_plan",  # or a statement whose general plan seems dear is planned each time
    "enable_seqscan": "off",  # a plan made while a table was small is kept when it has grown
    "enable_bitmapscan": "off",  # never marks index entries as dead, so the ended tasks' would be read again and again
    "jit": "off",  # takes longer than any of our statements
}
_VANISHING = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""How the server comes to know that we have vanished, as a machine without power does. Until then, by default for two
hours, it keeps the locks of a transaction that was open."""


class Connector:
    """Connects to the server, and finds out whether a pooler is between (decision 0405).

    A pooler does not pass on the settings of a session, for its sessions are shared: it refuses them, or drops them. So
    one that came through with them is to the server itself.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self.is_pooled = location.prepared == "off"
        self.epoch = ConnectionEpoch()
        """Connections of an earlier one are not to be used: see what ended it."""

    async def connect(self) -> asyncpg.Connection[Any]:
        """Return a connection that belongs to the running loop. Raises what the driver raises."""
        if not self.is_pooled:
            try:
                connection = await self._connect(_PLANNING | _VANISHING)
            except asyncpg.ProtocolViolationError:
                if self.location.prepared == "on":
                    return await self._connect({})
                self.is_pooled = True
            else:
                if self.location.prepared == "on" or await self._came_through(connection):
                    return connection
                self.is_pooled = True
                await connection.close(timeout=CONNECT_TIMEOUT)
        return await self._connect({})

    def distrust_prepared_statements(self) -> bool:
        """Take it that a pooler is between, from now on; False if that may not be, or was known."""
        if self.is_pooled or self.location.prepared == "on":
            return False
        self.is_pooled = True
        self.epoch.end(self.epoch.number)
        return True

    def judge(self, error: BaseException, epoch: int) -> None:
        """Give up all connections made until `epoch` if a step on one of them failed because of where it leads."""
        if is_of_another_server(error):
            self.epoch.end(epoch)

    async def _connect(self, settings: dict[str, str]) -> asyncpg.Connection[Any]:
        return await asyncpg.connect(
            self.location.dsn,
            timeout=CONNECT_TIMEOUT,
            command_timeout=self.location.command_timeout,
            statement_cache_size=0 if self.is_pooled else _STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings={"application_name": self.location.application_name} | settings,
        )

    async def _came_through(self, connection: asyncpg.Connection[Any]) -> bool:
        try:
            async with connection.transaction(readonly=True):
                return bool(await connection.fetchval("SELECT current_setting('enable_seqscan') = 'off'"))
        except BaseException:
            connection.terminate()  # whoever asked for it was cancelled, or the server has gone
            raise

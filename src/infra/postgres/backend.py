from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar

import asyncpg

from backstage.domain.errors import ConfigurationError
from backstage.domain.finding import Finding
from backstage.domain.opening import Opening, without_migrating
from backstage.domain.ports.clock import Clock
from backstage.infra.migrations import Migration, MigrationStatus
from backstage.infra.postgres.archive import PostgresArchive
from backstage.infra.postgres.audit_log import PostgresAuditLog
from backstage.infra.postgres.broadcasts import PostgresBroadcasts
from backstage.infra.postgres.bulk_operations import PostgresBulkOperations
from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.control import PostgresControl
from backstage.infra.postgres.database import Database
from backstage.infra.postgres.facts import PostgresFacts
from backstage.infra.postgres.location import Location, parse_url
from backstage.infra.postgres.migrations import Migrations
from backstage.infra.postgres.own_connection import OwnConnection
from backstage.infra.postgres.queue import PostgresQueue
from backstage.infra.postgres.registry import PostgresRegistry
from backstage.infra.postgres.run_history import PostgresRunHistory
from backstage.infra.postgres.schedules import PostgresSchedules
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import load_statements
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.store_errors import DRIVER_ERRORS, translate
from backstage.infra.postgres.subscriptions import PostgresSubscriptions
from backstage.infra.postgres.task_events import PostgresTaskEvents
from backstage.infra.postgres.tasks import PostgresTasks
from backstage.infra.postgres.tls import check_tls
from backstage.infra.postgres.tokens import PostgresTokens
from backstage.infra.postgres.type_definitions import PostgresTypeDefinitions
from backstage.infra.postgres.wakeup import PostgresWakeup, subscribe
from backstage.infra.server_time import server_time
from backstage.infra.system_clock import SystemClock

T = TypeVar("T")
_OLDEST = 150_000
_NOW = "SELECT coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)"


class PostgresBackend:
    """A store in a PostgreSQL server. Without a clock it goes by the server's own. `logger` is a structlog logger that
    is told where notifications do not arrive."""

    def __init__(self, location: Location, clock: Clock | None = None, *, logger: Any = None) -> None:
        self._location = location
        self._logger = logger
        self._time = server_time(clock, SystemClock())
        self._connector = Connector(location)
        self._database = Database(self._connector)
        self._store = Store.over(self._database, self._time)
        self.clock = self._time.clock
        self.tasks = PostgresTasks(self._store)
        self.queue = PostgresQueue(self._store, self._database)
        self.control = PostgresControl(self._store)
        self.registry = PostgresRegistry(self._store)
        self.schedules = PostgresSchedules(self._store)
        self.subscriptions = PostgresSubscriptions(self._store)
        self.broadcasts = PostgresBroadcasts(self._store)
        self.facts = PostgresFacts(self._store)
        self.audit_log = PostgresAuditLog(self._store)
        self.bulk_operations = PostgresBulkOperations(self._store)
        self.tokens = PostgresTokens(self._store)
        self.archive = PostgresArchive(self._store)
        self.history = PostgresRunHistory(self._store)
        self.task_events = PostgresTaskEvents(self._store)
        self.type_definitions = PostgresTypeDefinitions(self._store)

    @classmethod
    def from_url(cls, url: str, clock: Clock | None = None, *, logger: Any = None) -> PostgresBackend:
        """Make one from `postgresql://user@host/database?schema=jobs`; docs/postgresql.md has the options.

        Raises ConfigurationError.
        """
        return cls(parse_url(url), clock, logger=logger)

    async def open(self, opening: Opening = Opening.WORK) -> None:
        """Look at the server, migrate the schema as far as `opening` and the URL allow it, and make the pool."""
        if not self._location.is_migrated_on_open:
            opening = without_migrating(opening)
        if self._database.is_open:
            if opening is Opening.WORK:
                await self._with_connection(partial(self._begin, opening))
            self._database.open_again(opening)
            return
        connection, _ = await self._over_a_new_connection(partial(self._begin, opening))
        self._database.open(opening, connection)
        load_statements()
        await self._tell_the_time()

    async def close(self) -> None:
        await self._database.close()

    def wakeup(self, name: str | None = None) -> AbstractAsyncContextManager[PostgresWakeup]:
        return subscribe(self._connector, self._store.notifier, name, self._logger)

    @contextlib.asynccontextmanager
    async def lease_queue(self) -> AsyncIterator[PostgresQueue]:
        """With a connection of the calling loop's own: a handler may block the loop that opened the store."""
        connection = OwnConnection(self._connector)
        try:
            yield PostgresQueue(self._store, connection)
        finally:
            await connection.close()

    async def migrate(self) -> list[Migration]:
        """Bring the schema up to date, as `open` does, and return what was applied."""
        return await self._with_connection(self._migrations().apply)

    async def migration_plan(self) -> list[Migration]:
        """Return what `migrate` would apply; changes nothing."""
        return await self._with_connection(self._migrations().plan)

    async def migration_status(self) -> list[MigrationStatus]:
        """Return each migration with the moment it was applied; changes nothing."""
        return await self._with_connection(self._migrations().status)

    async def migrate_down(self) -> Migration | None:
        """Undo the migration that was applied last, with all that is in its tables; None if there is none."""
        return await self._with_connection(self._migrations().undo)

    async def diagnose(self) -> list[Finding]:
        """Examine the server and the store; works without `open`, and changes nothing."""
        from backstage.infra.postgres.diagnosis import diagnose  # noqa: PLC0415 - for the doctor alone

        return await self._with_connection(lambda connection: diagnose(connection, self._connector, self._migrations()))

    def _migrations(self) -> Migrations:
        return Migrations(self._connector, self._time.now())

    async def _begin(self, opening: Opening, connection: asyncpg.Connection[Any]) -> None:
        version = connection.get_server_version()
        if version.major < 15:
            raise ConfigurationError(
                self._location.shown, f"needs PostgreSQL 15 or newer, but the server is {version.major}"
            )
        await self._migrations().prepare(connection, opening)

    async def _tell_the_time(self) -> None:
        async def step(session: Session) -> int:
            now: int = await session.value(_NOW, self._time.now())
            return now

        for _ in range(2):  # before the first answer the statement is planned
            asked_at = self.clock.monotonic()
            self._time.measured(await self._database.run(step), asked_at)

    async def _with_connection(self, use: Callable[[asyncpg.Connection[Any]], Awaitable[T]]) -> T:
        """Call `use` with a connection of its own. Raises the errors of `open`."""
        connection, answer = await self._over_a_new_connection(use)
        connection.terminate()
        return answer

    async def _over_a_new_connection(
        self, use: Callable[[asyncpg.Connection[Any]], Awaitable[T]]
    ) -> tuple[asyncpg.Connection[Any], T]:
        """Return the connection, too, which is the caller's from then on. Raises the errors of `open`."""
        check_tls(self._location)
        try:
            connection = await self._connector.connect()
            try:
                return connection, await use(connection)
            except BaseException:
                connection.terminate()
                raise
        except (*DRIVER_ERRORS, ValueError) as error:
            raise translate(error, self._location.shown) from error

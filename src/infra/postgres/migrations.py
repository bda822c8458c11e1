"""Bringing a store's schema up to date, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any

import asyncpg

from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening
from backstage.infra.migrations import Migration, MigrationStatus, are_applied, migrations_of, pending, undoing
from backstage.infra.moments import from_micros
from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.statements import qualified, quoted

_BACKEND = "postgres"
_OUTSIDE = "-- no-transaction"
"""The first line of a migration whose statements, one each paragraph, may not run in a transaction."""
_CONCURRENTLY = " CONCURRENTLY"

_INDEX_TIMEOUT = 86_400.0
"""Seconds that a statement outside a transaction may take: an index of a large table takes long."""

_HAS_SCHEMA = "SELECT true FROM pg_namespace WHERE nspname = $1"
# As rows: to_regclass, asked again after the wait for the turn, may answer from a cache that is older than the wait.
_HAS_TABLE = "SELECT true FROM pg_tables WHERE schemaname = $1 AND tablename = 'backstage_migrations'"
_APPLIED = """CREATE TABLE IF NOT EXISTS backstage_migrations (
    version    integer PRIMARY KEY,
    name       text    NOT NULL,
    checksum   text    NOT NULL,
    applied_at bigint  NOT NULL
)"""
_ALL = "SELECT version, checksum, applied_at FROM backstage_migrations"
_RECORD = """INSERT INTO backstage_migrations (version, name, checksum, applied_at)
             VALUES ($1, $2, $3, coalesce($4::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint))"""
_UNRECORD = "DELETE FROM backstage_migrations WHERE version = $1"
_FORGET_NOW = "DROP FUNCTION IF EXISTS backstage_now()"
"""Of ours, it alone outlives tables that somebody dropped."""
_TAKE_TURN = "SELECT pg_try_advisory_xact_lock($1)"
_TRY_EVERY = 0.05
_EXISTS_ALREADY = (asyncpg.DuplicateTableError, asyncpg.DuplicateFunctionError, asyncpg.DuplicateObjectError)


class Migrations:
    """The migrations of one store, on a connection that is the caller's. Raises what the driver raises."""

    def __init__(self, connector: Connector, now: int | None) -> None:
        self._connector, self._now = connector, now
        self._schema = connector.location.schema

    async def apply(self, connection: asyncpg.Connection[Any]) -> list[Migration]:
        """Apply what is pending and return it; by one process at a time, however many begin at once.

        All of it or nothing, but for migrations of a store with tasks that may not run in a transaction: such a one is
        recorded after its last statement and may be applied again. Raises ConfigurationError as `pending` does, and
        when a table of that name is somebody else's.
        """
        if not await self.plan(connection):
            return []
        try:
            async with self._turn(connection):
                todo = await self.plan(connection)  # another process may have been first
                is_new = len(todo) == len(migrations_of(_BACKEND))
                if is_new or not any(_is_outside(migration) for migration in todo):
                    await self._run(connection, todo)
                    return todo
                # A simple query ends the one before, whose snapshot CREATE INDEX CONCURRENTLY would wait for.
                await connection.execute("SELECT")
                await self._apply_one_by_one(todo)
                return todo
        except _EXISTS_ALREADY as error:
            raise ConfigurationError(
                self._connector.location.shown,
                f"{error}, but not by Backstage: name another schema with ?schema=",
            ) from error

    async def prepare(self, connection: asyncpg.Connection[Any], opening: Opening) -> None:
        """Apply what is pending, as far as whoever opens the store may. Raises what `apply` raises, and
        StoreNotReadyError. A producer makes no store: a misspelt database would get tables that nobody wants."""
        todo = await self.plan(connection)
        is_new = len(todo) == len(migrations_of(_BACKEND))
        if is_new and opening is Opening.PRODUCE:
            return
        if are_applied(todo, opening, is_new=is_new, store=self._connector.location.shown):
            await self.apply(connection)

    async def plan(self, connection: asyncpg.Connection[Any]) -> list[Migration]:
        """Return what `apply` would apply. Raises ConfigurationError as `pending` does."""
        checksums = {version: checksum for version, checksum, _ in await self._applied(connection)}
        return pending(migrations_of(_BACKEND), checksums, self._connector.location.shown)

    async def status(self, connection: asyncpg.Connection[Any]) -> list[MigrationStatus]:
        applied = {version: applied_at for version, _, applied_at in await self._applied(connection)}
        return [
            MigrationStatus(
                migration.version,
                migration.name,
                from_micros(applied[migration.version]) if migration.version in applied else None,
            )
            for migration in migrations_of(_BACKEND)
        ]

    async def undo(self, connection: asyncpg.Connection[Any]) -> Migration | None:
        """Undo the migration that was applied last and return it; None if there is none."""
        async with self._turn(connection):
            applied = await self._applied(connection)
            if not applied:
                return None
            last = migrations_of(_BACKEND)[max(version for version, *_ in applied) - 1]
            await self._enter_schema(connection)
            await connection.execute(undoing(_BACKEND, last))
            await connection.execute(_UNRECORD, last.version)
            return last

    async def _run(self, connection: asyncpg.Connection[Any], todo: Sequence[Migration]) -> None:
        """In the transaction that is open."""
        await self._enter_schema(connection)
        await connection.execute(_APPLIED)
        if todo and todo[0].version == 1:
            await connection.execute(_FORGET_NOW)
        for migration in todo:
            # Only a new store gets here with an index to build concurrently: it has no tasks that others wait for.
            await connection.execute(migration.sql.replace(_CONCURRENTLY, ""))
            await self._record(connection, migration)

    async def _apply_one_by_one(self, todo: Sequence[Migration]) -> None:
        """On a connection of its own, while the caller's keeps the turn."""
        connection = await self._connector.connect()
        try:
            for migration in todo:
                if _is_outside(migration):
                    await connection.execute(f"SET search_path TO {quoted(self._schema)}")
                    for sql in _statements(migration):
                        await connection.execute(sql, timeout=_INDEX_TIMEOUT)
                    await self._record(connection, migration)
                else:
                    async with connection.transaction():
                        await self._run(connection, [migration])
        finally:
            connection.terminate()

    async def _record(self, connection: asyncpg.Connection[Any], migration: Migration) -> None:
        sql = qualified(_RECORD, self._schema)
        await connection.execute(sql, migration.version, migration.name, migration.checksum, self._now)

    async def _enter_schema(self, connection: asyncpg.Connection[Any]) -> None:
        # CREATE SCHEMA IF NOT EXISTS asks for the privilege even if it exists.
        if not await connection.fetchval(_HAS_SCHEMA, self._schema):
            await connection.execute(f"CREATE SCHEMA {quoted(self._schema)}")
        await connection.execute(f"SET LOCAL search_path TO {quoted(self._schema)}")

    @asynccontextmanager
    async def _turn(self, connection: asyncpg.Connection[Any]) -> AsyncIterator[None]:
        """A transaction of the one process that migrates. Others ask again, each time in a transaction of its own:
        CREATE INDEX CONCURRENTLY would wait for one that is open, and that one for its turn."""
        name = blake2b(f"backstage migrations {self._schema}".encode(), digest_size=8)
        key = int.from_bytes(name.digest(), signed=True)
        while True:
            async with connection.transaction():
                if await connection.fetchval(_TAKE_TURN, key):
                    yield
                    return
            await asyncio.sleep(_TRY_EVERY)

    async def _applied(self, connection: asyncpg.Connection[Any]) -> list[tuple[int, str, int]]:
        if not await connection.fetchval(_HAS_TABLE, self._schema):
            return []
        return [tuple(row) for row in await connection.fetch(qualified(_ALL, self._schema))]


def _is_outside(migration: Migration) -> bool:
    return migration.sql.startswith(_OUTSIDE)


def _statements(migration: Migration) -> list[str]:
    """Its paragraphs that are more than comments: the driver raises AttributeError at a query without a statement."""
    paragraphs = migration.sql.split("\n\n")
    return [text for text in paragraphs if any(line and not line.startswith("--") for line in text.splitlines())]

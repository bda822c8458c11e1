"""Migrated databases that tests take by turns: to empty one takes a hundredth of the time that it takes to make one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from backstage.infra.postgres.backend import PostgresBackend
from tests.servers.loop_thread import LoopThread
from tests.servers.postgres_server import PostgresServer

_LARGEST = 32 * 1024 * 1024
"""Bytes of a database that is used again: an empty one has 8 MB, and what was deleted from it makes it slow."""

_LEAVE = """SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_SIZE = "SELECT pg_database_size(current_database())"
_TABLES = "SELECT quote_ident(schemaname) || '.' || tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1"
_ROWS = "SELECT coalesce(json_agg(t), '[]')::text FROM {table} AS t"
_SHAPE = """
WITH ours AS (SELECT oid, xmin FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
relations AS (SELECT oid, xmin FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours)),
versions AS (
    SELECT oid, xmin FROM ours
    UNION ALL SELECT oid, xmin FROM relations
    UNION ALL SELECT oid, xmin FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT attrelid, xmin FROM pg_attribute WHERE attrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT indexrelid, xmin FROM pg_index WHERE indexrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT setrole, xmin FROM pg_db_role_setting
               WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
SELECT md5(string_agg(concat_ws(' ', oid, xmin), ',' ORDER BY oid, xmin::text)) FROM versions"""
"""Of the versions of all that a test may change in a database beside its rows: whatever is altered gets a new one."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What a database was when it had been migrated: `rows` is SQL that restores them."""

    shape: str
    rows: str


class PostgresStores:
    """`url` is of a database of the server to connect to for making others; in each the store is in `schema`."""

    def __init__(self, url: str, schema: str = "public") -> None:
        self._server, self._schema = PostgresServer(url), schema
        self._loop = LoopThread("postgres-stores")
        self._made: dict[str, _Made] = {}
        self._free: list[str] = []

    def take(self) -> str:
        """Return the URL of a store without tasks, as `backstage migrate` makes it in a new database."""
        return self._loop.run(self._take())

    def give_back(self, url: str) -> None:
        """Whatever its state, and whoever is still connected to it."""
        self._free.append(url)

    def close(self) -> None:
        self._loop.close()

    async def drop_databases(self) -> None:
        await self._server.drop_databases()

    async def _take(self) -> str:
        while self._free:
            url = self._free.pop()
            if await self._has_been_emptied(url):
                return url
        url = await self._server.new_database()
        if self._schema != "public":
            url = f"{url}?schema={self._schema}"
        await PostgresBackend.from_url(url).migrate()
        self._made[url] = await self._look_at(url)
        return url

    async def _has_been_emptied(self, url: str) -> bool:
        """Whether the database is again as it was made. If not, nobody shall have it."""
        connection = await self._connect(url)
        try:
            await connection.execute(_LEAVE)
            if await connection.fetchval(_SHAPE) != self._made[url].shape:
                return False
            if await connection.fetchval(_SIZE) > _LARGEST:
                return False
            await connection.execute(self._made[url].rows)
        finally:
            await connection.close()
        return True

    async def _look_at(self, url: str) -> _Made:
        connection = await self._connect(url)
        try:
            tables = [row[0] for row in await connection.fetch(_TABLES, self._schema)]
            statements = [f"DELETE FROM {table}" for table in tables]
            for table in tables:
                rows = await connection.fetchval(_ROWS.format(table=table))
                if rows != "[]":
                    statements.append(_inserting(table, rows))
            return _Made(await connection.fetchval(_SHAPE), ";".join(statements))
        finally:
            await connection.close()

    async def _connect(self, url: str) -> asyncpg.Connection[Any]:
        database, _, _ = url.partition("?")
        return await asyncpg.connect(database, timeout=30, command_timeout=60)


def _inserting(table: str, rows: Any) -> str:
    quoted = "'" + rows.replace("'", "''") + "'"
    return f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {quoted})"

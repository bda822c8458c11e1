from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import BeginTransaction, JoinsTransactionsSuite
from backstage.conformance.set_clock import SetClockSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.spoiling import Scribble, Spoil, SpoiltTasksSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.domain.task import Task
from backstage.infra.postgres.backend import PostgresBackend
from tests.conformance.scribbles import SCRIBBLES
from tests.conformance.set_server import SetServer
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def database_url(postgres_server: PostgresServer) -> str:
    """Of a database in which each store has a schema of its own: much quicker than one database each."""
    return asyncio.run(postgres_server.new_database())


_CHANGING = {"last_failure", "deliveries", "version", "crashes", "interruptions"}
"""Columns of what moves change, which lie apart."""


class TestPostgres(ConformanceSuite, SharedStoreSuite, SpoiltTasksSuite, JoinsTransactionsSuite, SetClockSuite):
    @pytest.fixture
    def schemas(self) -> list[str]:
        """Of the stores that the test has made; the first is the one its trial is on."""
        return []

    @pytest.fixture
    def spoil(self, database_url: str, schemas: list[str]) -> Spoil:
        async def spoil(task: Task, field: str, value: Any) -> Any:
            tables = ("live", "finished") if field in _CHANGING else ("tasks",)
            connection = await asyncpg.connect(database_url)
            try:
                for table in (f"{schemas[0]}.backstage_{table}" for table in tables):
                    rows = await connection.fetch(f"SELECT {field} FROM {table} WHERE id = $1", UUID(task.id))
                    for row in rows:
                        await connection.execute(f"UPDATE {table} SET {field} = $2 WHERE id = $1", UUID(task.id), value)
                        return row[0]
            finally:
                await connection.close()

        return spoil

    @pytest.fixture
    def scribble(self, database_url: str, schemas: list[str]) -> Scribble:
        async def scribble(kind: str) -> None:
            connection = await asyncpg.connect(database_url)
            try:
                await connection.execute(f"SET search_path TO {schemas[0]}")
                await connection.execute(SCRIBBLES[kind])
            finally:
                await connection.close()

        return scribble

    @pytest.fixture
    def new_store(self, database_url: str, schemas: list[str]) -> NewStore:
        def new_store() -> Connect:
            schemas.append(f"store_{uuid4().hex}")
            url = f"{database_url}?schema={schemas[-1]}&pool_size=4"
            return lambda clock: PostgresBackend.from_url(url, clock)

        return new_store

    @pytest.fixture
    def clocked_server(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> SetServer:
        url = f"{database_url}?schema=store_{uuid4().hex}&pool_size=4"
        module = "backstage.infra.postgres.backend"
        return SetServer(monkeypatch, module, lambda: PostgresBackend.from_url(url, None))

    @pytest.fixture
    def begin(self, database_url: str) -> BeginTransaction:
        @contextlib.asynccontextmanager
        async def begin() -> AsyncIterator[asyncpg.Connection[Any]]:
            connection = await asyncpg.connect(database_url)
            try:
                async with connection.transaction():
                    yield connection
            finally:
                await connection.close()

        return begin

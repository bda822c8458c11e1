from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backstage.conformance.backend_suite import Connect, DropStore, NewStore
from backstage.conformance.joining import BeginTransaction, JoinsTransactionsSuite
from backstage.conformance.set_clock import SetClockSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.spoiling import Scribble, Spoil, SpoiltTasksSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.domain.ports.clock import Clock
from backstage.domain.task import Task
from backstage.infra.postgres.backend import PostgresBackend
from tests.conformance.scribbles import SCRIBBLES
from tests.conformance.set_server import SetServer
from tests.conformance.sizes import Sized
from tests.servers.postgres_server import PostgresServer
from tests.servers.postgres_stores import PostgresStores


@pytest.fixture(scope="module")
def stores(postgres_server: PostgresServer) -> Iterator[PostgresStores]:
    """In a schema that no connection looks into by itself, so that every statement has to name it."""
    stores = PostgresStores(postgres_server.url, schema="conformance")
    yield stores
    stores.close()


_CHANGING = {"last_failure", "deliveries", "version", "crashes", "interruptions"}
"""Columns of what moves change, which lie apart."""


class TestPostgres(Sized, ConformanceSuite, SharedStoreSuite, SpoiltTasksSuite, JoinsTransactionsSuite, SetClockSuite):
    @pytest.fixture
    def taken(self, stores: PostgresStores) -> Iterator[dict[Connect, str]]:
        """The URLs of the stores that the test has; the first is the one its trial is on."""
        taken: dict[Connect, str] = {}
        yield taken
        for url in taken.values():
            stores.give_back(url)

    @pytest.fixture
    def new_store(self, stores: PostgresStores, taken: dict[Connect, str]) -> NewStore:
        def new_store() -> Connect:
            url = stores.take()

            def connect(clock: Clock) -> PostgresBackend:
                return PostgresBackend.from_url(f"{url}&pool_size=4", clock)

            taken[connect] = url
            return connect

        return new_store

    @pytest.fixture
    def drop_store(self, stores: PostgresStores, taken: dict[Connect, str]) -> DropStore:
        return lambda connect: stores.give_back(taken.pop(connect))

    @pytest.fixture
    async def connect_first(self, empty_database_url: str) -> Connect:
        return lambda clock: PostgresBackend.from_url(f"{empty_database_url}?schema=conformance", clock)

    @pytest.fixture
    def database_url(self, connect: Connect, taken: dict[Connect, str]) -> str:
        """Of the database that the trial's store is in."""
        return taken[connect].partition("?")[0]

    @pytest.fixture
    def spoil(self, database_url: str) -> Spoil:
        async def spoil(task: Task, field: str, value: Any) -> Any:
            tables = ("live", "finished") if field in _CHANGING else ("tasks",)
            connection = await asyncpg.connect(database_url)
            try:
                for table in (f"conformance.backstage_{table}" for table in tables):
                    rows = await connection.fetch(f"SELECT {field} FROM {table} WHERE id = $1", UUID(task.id))
                    for row in rows:
                        await connection.execute(f"UPDATE {table} SET {field} = $2 WHERE id = $1", UUID(task.id), value)
                        return row[0]
            finally:
                await connection.close()

        return spoil

    @pytest.fixture
    def scribble(self, database_url: str) -> Scribble:
        async def scribble(kind: str) -> None:
            connection = await asyncpg.connect(database_url)
            try:
                await connection.execute("SET search_path TO conformance")
                await connection.execute(SCRIBBLES[kind])
            finally:
                await connection.close()

        return scribble

    @pytest.fixture
    def clocked_server(self, stores: PostgresStores, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetServer]:
        url = stores.take()
        module = "backstage.infra.postgres.backend"
        yield SetServer(monkeypatch, module, lambda: PostgresBackend.from_url(f"{url}&pool_size=4", None))
        stores.give_back(url)

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

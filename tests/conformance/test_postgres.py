from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import BeginTransaction, JoinsTransactionsSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.infra.postgres.backend import PostgresBackend
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def database_url(postgres_server: PostgresServer) -> str:
    """Of a database in which each store has a schema of its own: much quicker than one database each."""
    return asyncio.run(postgres_server.new_database())


class TestPostgres(ConformanceSuite, SharedStoreSuite, JoinsTransactionsSuite):
    @pytest.fixture
    def new_store(self, database_url: str) -> NewStore:
        def new_store() -> Connect:
            url = f"{database_url}?schema=store_{uuid4().hex}&pool_size=4"
            return lambda clock: PostgresBackend.from_url(url, clock)

        return new_store

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

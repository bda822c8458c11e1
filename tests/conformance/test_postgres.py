from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import asyncpg
import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import BeginTransaction, JoinsTransactionsSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.infra.postgres.backend import PostgresBackend


class TestPostgres(ConformanceSuite, SharedStoreSuite, JoinsTransactionsSuite):
    @pytest.fixture
    def new_store(self, postgres_url: str) -> NewStore:
        numbers = count()

        def new_store() -> Connect:
            url = f"{postgres_url}?schema=store{next(numbers)}&pool_size=4"
            return lambda clock: PostgresBackend.from_url(url, clock)

        return new_store

    @pytest.fixture
    def begin(self, postgres_url: str) -> BeginTransaction:
        @contextlib.asynccontextmanager
        async def begin() -> AsyncIterator[asyncpg.Connection[Any]]:
            connection = await asyncpg.connect(postgres_url)
            try:
                async with connection.transaction():
                    yield connection
            finally:
                await connection.close()

        return begin

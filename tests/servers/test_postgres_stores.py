"""A store that is used again is one without tasks, whatever the test before has done to it."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from backstage import Container
from tests.servers.postgres_server import PostgresServer
from tests.servers.postgres_stores import PostgresStores


@pytest.fixture
def stores(postgres_server: PostgresServer) -> Iterator[PostgresStores]:
    stores = PostgresStores(postgres_server.url)
    yield stores
    stores.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_its_tasks_are_gone_and_it_takes_new_ones(stores: PostgresStores) -> None:
    first = stores.take()
    async with Container.open(first, silent=True) as backstage:
        await backstage.enqueue("t", 1, dedupe="k")
    stores.give_back(first)
    assert stores.take() == first
    async with Container.open(first, silent=True) as backstage:
        assert (await backstage.get_task_stats()).total == 0
        assert await backstage.enqueue("t", 1, dedupe="k") is not None


async def test_who_was_left_connected_is_cut_off(stores: PostgresStores) -> None:
    url = stores.take()
    left = await asyncpg.connect(url)
    stores.give_back(url)
    assert stores.take() == url
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await left.execute("SELECT 1")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE SCHEMA another",
        "CREATE INDEX another ON backstage_tasks (queue)",
        "ALTER TABLE backstage_tasks ADD COLUMN another integer",
        "ALTER TABLE backstage_tasks ALTER COLUMN queue SET DEFAULT 'another'",
        "DROP TABLE backstage_migrations",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 1024', current_database()); END $$",
    ],
)
async def test_one_that_was_altered_is_not_used_again(stores: PostgresStores, statement: str) -> None:
    url = stores.take()
    await execute(url, statement)
    stores.give_back(url)
    assert stores.take() != url

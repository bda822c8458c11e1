from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.domain.errors import ConfigurationError
from backstage.infra.migrations import Migration, migrations_of
from backstage.infra.postgres import migrations
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.location import parse_url
from backstage.testing.fake_clock import FakeClock

FIRST = migrations_of("postgres")


@pytest.fixture
def backend(url: str, clock: FakeClock) -> PostgresBackend:
    return PostgresBackend.from_url(url, clock)


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(url.partition("?")[0])
    yield connection
    await connection.close()


async def test_a_plan_says_what_would_be_applied_and_changes_nothing(
    backend: PostgresBackend, connection: asyncpg.Connection[Any], url: str
) -> None:
    assert await backend.migration_plan() == list(FIRST)
    assert await connection.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = $1", parse_url(url).schema) == 0


async def test_migrating_tells_what_was_applied_and_when(backend: PostgresBackend, clock: FakeClock) -> None:
    assert await backend.migrate() == list(FIRST)
    assert [status.applied_at for status in await backend.migration_status()] == [clock.now()] * len(FIRST)
    assert await backend.migrate() == []
    assert await backend.migration_plan() == []


async def test_processes_that_open_a_new_store_at_once_migrate_it_once(url: str, clock: FakeClock) -> None:
    backends = [PostgresBackend.from_url(url, clock) for _ in range(8)]
    applied = await asyncio.gather(*(backend.migrate() for backend in backends))
    assert sorted(map(len, applied)) == [0] * 7 + [len(FIRST)]


async def test_a_store_that_may_not_be_migrated_on_opening_is_refused(url: str, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError, match="run backstage migrate"):
        await PostgresBackend.from_url(f"{url}&migrate=off", clock).open()


async def test_an_edited_migration_is_refused(
    backend: PostgresBackend, connection: asyncpg.Connection[Any], url: str
) -> None:
    await backend.migrate()
    await connection.execute(f'UPDATE "{parse_url(url).schema}".backstage_migrations SET checksum = $1', "other")
    with pytest.raises(ConfigurationError, match="differs from the installed one"):
        await backend.open()


async def test_a_store_of_a_newer_release_is_refused(
    backend: PostgresBackend, connection: asyncpg.Connection[Any], url: str
) -> None:
    await backend.migrate()
    await connection.execute(
        f'INSERT INTO "{parse_url(url).schema}".backstage_migrations VALUES (9999, $1, $1, 0)', "9999_future"
    )
    with pytest.raises(ConfigurationError, match="upgrade Backstage"):
        await backend.open()


async def test_a_table_of_somebody_elses_is_left_alone(
    backend: PostgresBackend, connection: asyncpg.Connection[Any], url: str
) -> None:
    schema = parse_url(url).schema
    await connection.execute(f'CREATE SCHEMA "{schema}"; CREATE TABLE "{schema}".backstage_lanes (mine text)')
    with pytest.raises(ConfigurationError, match="not by Backstage"):
        await backend.open()
    assert await connection.fetchval(f"SELECT to_regclass('\"{schema}\".backstage_tasks')") is None


async def test_undoing_removes_everything_and_migrating_makes_it_anew(
    backend: PostgresBackend, new_task: TaskFactory, connection: asyncpg.Connection[Any], url: str
) -> None:
    await backend.open()
    await backend.tasks.add([new_task()])
    await backend.close()
    assert [await backend.migrate_down() for _ in FIRST] == list(reversed(FIRST))
    left = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'v')",
        f'"{parse_url(url).schema}"',
    )
    assert [row[0] for row in left] == ["backstage_migrations"]
    assert await backend.migrate_down() is None
    assert await backend.migrate() == list(FIRST)


async def test_a_migration_that_may_not_run_in_a_transaction_does_not(
    backend: PostgresBackend, connection: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    sql = (
        "-- no-transaction\nCREATE INDEX CONCURRENTLY one ON backstage_tasks (created_at);\n\n"
        "CREATE INDEX CONCURRENTLY two ON backstage_tasks (created_at, id);"
    )
    second: Migration = replace(FIRST[0], version=len(FIRST) + 1, name="0009_index", sql=sql, checksum="c")
    assert await backend.migrate() == [*FIRST]
    monkeypatch.setattr(migrations, "migrations_of", lambda _: (*FIRST, second))
    assert await backend.migrate() == [second]
    assert await backend.migration_plan() == []
    found = await connection.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = $1", parse_url(url).schema)
    assert {"one", "two"} <= {row[0] for row in found}


async def test_a_store_of_an_older_release_is_brought_up_to_date(
    backend: PostgresBackend, new_task: TaskFactory
) -> None:
    await backend.migrate()
    assert [await backend.migrate_down() for _ in FIRST[2:]] == list(reversed(FIRST[2:]))
    assert await backend.migrate() == list(FIRST[2:])
    await backend.open()
    await backend.tasks.add([task := new_task()])
    assert (await backend.tasks.get(task.id)).id == task.id
    await backend.close()


async def test_processes_that_open_an_older_store_at_once_migrate_it_once(
    backend: PostgresBackend, url: str, clock: FakeClock
) -> None:
    await backend.migrate()
    for _ in FIRST[2:]:
        await backend.migrate_down()
    async with asyncio.timeout(20):
        applied = await asyncio.gather(*(PostgresBackend.from_url(url, clock).migrate() for _ in range(3)))
    assert sorted(map(len, applied)) == [0, 0, len(FIRST[2:])]

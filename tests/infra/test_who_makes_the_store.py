"""Who looks or enqueues makes no tables on a server and changes no schema; workers do, unless a setting forbids it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from backstage import Container, EnqueueTask, Worker
from backstage.domain.errors import ConfigurationError, StoreNotReadyError
from backstage.infra.migrations import migrations_of
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from tests.cli.conftest import Cli, cli

__all__ = ["cli"]

NEWEST = migrations_of("sqlite")[-1]


def test_looking_at_an_empty_database_creates_nothing_and_says_what_does(cli: Cli, empty_database_url: str) -> None:
    for command in ("stats", "list", "queues", "workers", "schedules"):
        answer = cli(command, *(["list"] if command == "schedules" else []), "--url", empty_database_url)
        assert answer.code == 0, answer.err
        assert "there is no store at postgresql://" in answer.err
        assert "backstage migrate" in answer.err
    assert _tables(empty_database_url) == 0


def test_a_producer_leaves_an_empty_database_to_the_workers(cli: Cli, empty_database_url: str) -> None:
    answer = cli("enqueue", "email:send", "null", "--url", empty_database_url)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "backstage migrate" in answer.err
    assert _tables(empty_database_url) == 0


async def test_a_container_that_was_opened_before_the_tables_were_made_enqueues_once_they_are(
    empty_database_url: str,
) -> None:
    async with Container.open(empty_database_url, silent=True) as backstage:
        with pytest.raises(StoreNotReadyError, match="backstage migrate"):
            await backstage.enqueue_task(EnqueueTask("t"))
        await PostgresBackend.from_url(empty_database_url).migrate()
        await backstage.enqueue_task(EnqueueTask("t"))
        assert (await backstage.get_task_stats()).pending == 1


async def test_a_worker_object_makes_the_store_that_it_enqueues_into(empty_database_url: str) -> None:
    async with Worker(empty_database_url, silent=True) as worker:
        assert await worker.enqueue("t") is not None


async def test_a_missing_file_is_made_by_whoever_enqueues(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tasks.db"
    async with Container.open(url, silent=True) as backstage:
        await backstage.enqueue_task(EnqueueTask("t"))
        assert (await backstage.get_task_stats()).pending == 1


# -- a store of the release before --------------------------------------------------------------------


def test_an_older_store_is_read_and_enqueued_into_and_stays_as_old(cli: Cli, older: Path) -> None:
    url = f"sqlite:///{older}"
    assert cli("enqueue", "email:send", "null", "--url", url).code == 0
    assert cli("stats", "--url", url).out.splitlines()[0].split() == ["pending", "1"]
    assert cli("list", "--url", url).code == 0
    assert _version(older) == NEWEST.version - 1


async def test_a_worker_brings_an_older_store_up_to_date_when_it_starts_but_not_to_enqueue(older: Path) -> None:
    worker = Worker(f"sqlite:///{older}", silent=True, until_idle=True)
    worker.on("t", lambda: None)
    await worker.enqueue("t")
    assert await asyncio.to_thread(_version, older) == NEWEST.version - 1
    await worker.run()
    assert await asyncio.to_thread(_version, older) == NEWEST.version


async def test_a_worker_that_must_not_migrate_refuses_an_older_store_and_a_missing_one(
    older: Path, tmp_path: Path
) -> None:
    for path in (older, tmp_path / "missing.db"):
        worker = Worker(f"sqlite:///{path}", silent=True, migrate=False)
        worker.on("t", lambda: None)
        with pytest.raises(ConfigurationError, match="run backstage migrate"):
            await worker.run()
    assert await asyncio.to_thread(_version, older) == NEWEST.version - 1
    assert not (tmp_path / "missing.db").exists()


def test_a_table_that_an_older_store_lacks_is_named_with_the_remedy(cli: Cli, older: Path) -> None:
    with closing(sqlite3.connect(older)) as connection, connection:
        connection.execute("DROP TABLE backstage_subscriptions")
    answer = cli("subscriptions", "list", "--url", f"sqlite:///{older}")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "backstage_subscriptions" in answer.err
    assert "backstage migrate" in answer.err


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file as the release before this one's newest migration left it."""
    path = tmp_path / "older.db"
    with monkeypatch.context() as before:
        before.setattr("backstage.infra.sqlite.migrations.migrations_of", lambda backend: migrations_of(backend)[:-1])
        asyncio.run(SqliteBackend(path, SystemClock()).migrate())
    return path


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        version: int = connection.execute("SELECT max(version) FROM backstage_migrations").fetchone()[0]
        return version


def _tables(url: str) -> int:
    async def ask() -> int:
        connection = await asyncpg.connect(url)
        try:
            number: int = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            return number
        finally:
            await connection.close()

    return asyncio.run(ask())

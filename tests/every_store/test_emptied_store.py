"""A store that is emptied under its workers gets again what their code declares."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from types import ModuleType
from typing import Any

import asyncpg
import pytest
import redis

from backstage import CronTask, Worker
from tests.every_store.conftest import OneStore
from tests.worker.workers import until

Empty = Callable[[str], Awaitable[None]]


async def _delete_rows(url: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        for name in _tables(connection):
            if name != "backstage_migrations":
                connection.execute(f"DELETE FROM {name}")


async def _drop_tables(url: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        for name in _tables(connection):
            connection.execute(f"DROP TABLE {name}")


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'backstage_%'")
    return [name for (name,) in rows.fetchall()]


async def _drop_schema(url: str) -> None:
    await _execute(url, "DROP SCHEMA jobs CASCADE")


async def _truncate(url: str) -> None:
    ours = """SELECT string_agg(format('%I.%I', schemaname, tablename), ', ')
                FROM pg_tables WHERE schemaname = 'jobs' AND tablename <> 'backstage_migrations'"""
    await _execute(url, f"TRUNCATE {await _execute(url, ours)}")


async def _execute(url: str, sql: str) -> Any:
    connection = await asyncpg.connect(url.partition("?")[0])
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def _flush(url: str) -> None:
    address, _, prefix = url.partition("?prefix=")
    with redis.Redis.from_url(address) as client:
        client.delete(*client.scan_iter(f"{{{prefix}*", count=10_000))


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str) -> str:
    found: str = request.getfixturevalue(f"{kind}_url")
    return f"{found}?schema=jobs" if kind == "postgres" else found


@pytest.mark.parametrize(
    ("kind", "empty"),
    [
        ("sqlite", _delete_rows),
        ("sqlite", _drop_tables),
        ("postgres", _truncate),
        ("postgres", _drop_schema),
        ("redis", _flush),
    ],
)
async def test_schedules_and_durable_listeners_come_back_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, url: str, empty: Empty
) -> None:
    monkeypatch.setattr("backstage.worker.runtime.beat.beat_interval", lambda lease: 0.1)
    store = OneStore(url)
    log: list[Mapping[str, Any]] = []
    worker, ticks, heard = _declaring(store, log)
    try:
        await worker.start()
        await until(lambda: ticks and heard)
        await until(lambda: _problem(worker) is None)
        await empty(store.url)
        await until(lambda: any(entry["event"] == "store_was_emptied" for entry in log))
        ticks.clear()
        heard.clear()
        await until(lambda: ticks and heard)
        assert "was emptied" in str(_problem(worker))
        worker.acknowledge_emptied_store()
        assert _problem(worker) is None
    finally:
        await store.close()


def _declaring(store: OneStore, log: list[Mapping[str, Any]]) -> tuple[Worker, list[int], list[int]]:
    ticks: list[int] = []
    heard: list[int] = []
    worker = store.worker(schedule_interval=0.2, subscription_interval=0.1, log_handler=log.append)
    module = ModuleType("declaring")
    module.often = CronTask("every 1s", "tick", name="often")  # type: ignore[attr-defined]
    worker.include(module)
    worker.on("tick", lambda: ticks.append(1))
    worker.listen("worker-task:completed", durable="mine")(lambda event: heard.append(1))
    return worker, ticks, heard


def _problem(worker: Worker) -> str | None:
    [watched] = [loop for loop in worker.vital_signs().loops if loop.name == "store"]
    return watched.problem()

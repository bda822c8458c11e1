"""How many connections a worker takes, and who is told."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from backstage import Worker
from backstage.conformance.trial import Trial
from backstage.domain.opening import Opening
from backstage.infra.postgres import own_connection
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.connections_taken import pool_size
from backstage.infra.postgres.own_connection import OwnConnection
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store_errors import translate

COUNT = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"


async def test_a_worker_whose_handlers_enqueue_takes_four(database_url: str, url: str) -> None:
    counts: list[int] = []
    counting, turn = await asyncpg.connect(database_url), asyncio.Lock()
    worker = Worker(f"{url}&application_name=counted", until_idle=True, silent=True, concurrency=20)

    async def order(n: int) -> None:
        await asyncio.gather(*(worker.enqueue("mail") for _ in range(3)), worker.backstage.get_task_stats())
        async with turn:
            counts.append(await counting.fetchval(COUNT))

    worker.on("order", order)
    worker.on("mail", lambda: None)
    try:
        for n in range(40):
            await worker.enqueue("order", n)
        await worker.run()
    finally:
        await counting.close()
    assert len(counts) == 40 and max(counts) <= 4


async def test_a_connection_of_its_own_that_nobody_uses_is_closed(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_connection, "UNUSED_FOR", 0.05)
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)
    own = OwnConnection(backend._connector)
    pids = []

    async def step(session: Session) -> None:
        pids.append(await session.value("SELECT pg_backend_pid()"))

    await own.run(step)
    async with asyncio.timeout(30):
        while await _lives(backend, pids[0]):
            continue
    await own.run(step)
    await own.close()
    assert pids[1] != pids[0]


async def _lives(backend: PostgresBackend, pid: int) -> bool:
    async def step(session: Session) -> bool:
        return bool(await session.value("SELECT count(*) FROM pg_stat_activity WHERE pid = $1::integer", pid))

    return await backend._database.run(step)


def test_the_pool_of_a_worker_is_smaller_unless_its_url_says_otherwise() -> None:
    assert [pool_size(None, opening) for opening in (Opening.WORK, Opening.PRODUCE)] == [2, 8]
    assert pool_size(5, Opening.WORK) == 5


async def test_who_meets_too_many_connections_is_told_how_many_a_worker_takes(trial: Trial) -> None:
    error = translate(asyncpg.TooManyConnectionsError("sorry, too many clients already"), "postgresql://db")
    assert "a worker takes 2 connections while it is idle and up to 4 while it works" in str(error)
    assert isinstance(trial.backend, PostgresBackend)
    details = {finding.name: finding.detail for finding in await trial.backend.diagnose()}
    assert "up to 4 while it works" in details["connections"]

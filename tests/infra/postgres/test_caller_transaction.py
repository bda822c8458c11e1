from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from backstage.conformance.trial import Trial
from backstage.conformance.waking import LONG, PROMPT
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import ConfigurationError
from tests.servers.postgres_server import PostgresServer


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The caller's."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_a_long_transaction_delays_nothing(trial: Trial, connection: asyncpg.Connection[Any]) -> None:
    async with connection.transaction(), asyncio.timeout(PROMPT):
        await trial.tasks.add([trial.new_task(queue="new", type="new")], connection=connection)
        other = await trial.added(queue="new", type="new")
        [claimed] = await trial.claim(5, types=frozenset({"new"}))
        assert claimed.id == other.id
        await trial.settle(claimed.completed())
        assert sum(number for number, _ in (await trial.tally()).values()) == 1
        assert await trial.queue.reclaim(3, 10) == []
    assert len(await trial.claim(5, types=frozenset({"new"}))) == 1


async def test_a_transaction_begun_by_hand_will_do(trial: Trial, connection: asyncpg.Connection[Any]) -> None:
    task = trial.new_task(dedupe=Dedupe("k"))
    await connection.execute("BEGIN")
    assert await trial.tasks.add([task, trial.new_task(dedupe=Dedupe("k"))], connection=connection) == [
        None,
        Duplicate(task.id, "k"),
    ]
    await connection.execute("COMMIT")
    assert await trial.tasks.get(task.id) == task


async def test_what_cannot_be_stored_leaves_the_callers_transaction_usable(
    trial: Trial, connection: asyncpg.Connection[Any]
) -> None:
    good = trial.new_task()
    async with connection.transaction():
        with pytest.raises(Exception, match="value out of"):
            await trial.tasks.add([trial.new_task(priority=40_000)], connection=connection)
        await trial.tasks.add([good], connection=connection)
    assert await trial.tasks.get(good.id) == good


async def test_a_waiter_is_woken_when_the_transaction_commits(
    trial: Trial, connection: asyncpg.Connection[Any]
) -> None:
    async with trial.backend.wakeup() as wakeup:
        await wakeup.wait(0.0)
        async with connection.transaction():
            await trial.tasks.add([trial.new_task()], connection=connection)
        async with asyncio.timeout(PROMPT):
            await wakeup.wait(LONG)


async def test_a_connection_without_a_transaction_is_refused(trial: Trial, connection: asyncpg.Connection[Any]) -> None:
    with pytest.raises(ConfigurationError, match="no transaction open"):
        await trial.tasks.add([trial.new_task()], connection=connection)


async def test_what_is_no_connection_is_refused(trial: Trial) -> None:
    with pytest.raises(ConfigurationError, match=r"of type builtins\.object: pass an asyncpg connection"):
        await trial.tasks.add([trial.new_task()], connection=object())


async def test_a_connection_to_another_database_is_refused(trial: Trial, postgres_server: PostgresServer) -> None:
    connection = await asyncpg.connect(await postgres_server.new_database())
    try:
        async with connection.transaction():
            with pytest.raises(ConfigurationError, match="connect to that"):
                await trial.tasks.add([trial.new_task()], connection=connection)
    finally:
        await connection.close()
    assert await trial.tally() == {}


async def test_a_connection_of_a_pool_will_do(trial: Trial, database_url: str) -> None:
    task = trial.new_task()
    async with (
        asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await trial.tasks.add([task], connection=connection)
    assert await trial.tasks.get(task.id) == task

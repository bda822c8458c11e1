"""That the pooler of our own breaks what a real one breaks, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from tests.servers.transaction_pooler import TransactionPooler

_SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'"


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    with TransactionPooler(postgres_url, size=2) as pooler:
        yield pooler.url


async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url, statement_cache_size=0, timeout=10, command_timeout=10)


async def test_many_clients_share_few_connections(url: str) -> None:
    clients = [await _connect(url) for _ in range(6)]
    pids = await asyncio.gather(*(client.fetchval("SELECT pg_backend_pid()") for client in clients for _ in "1"))
    assert len(set(pids)) == 2
    for client in clients:
        await client.close()


async def test_a_transaction_stays_on_its_connection(url: str) -> None:
    first, second = await _connect(url), await _connect(url)
    await first.execute("CREATE TABLE noted (n int)")
    async with first.transaction():
        pids = {await first.fetchval("SELECT pg_backend_pid()") for _ in range(4)}
        await first.execute("INSERT INTO noted VALUES (1)")
        assert await second.fetchval("SELECT count(*) FROM noted") == 0
        assert pids.isdisjoint({await second.fetchval("SELECT pg_backend_pid()") for _ in range(4)})
    assert len(pids) == 1
    assert await second.fetchval("SELECT count(*) FROM noted") == 1
    await first.close()
    await second.close()


async def test_a_transaction_whose_client_left_is_rolled_back(url: str) -> None:
    first, second = await _connect(url), await _connect(url)
    await first.execute("CREATE TABLE noted (n int)")
    await first.execute("BEGIN")
    await first.execute("INSERT INTO noted VALUES (1)")
    first.terminate()
    await second.execute("TRUNCATE noted")  # waits for the lock of the insert
    assert await second.fetchval("SELECT count(*) FROM noted") == 0
    await second.close()


async def test_named_statements_stay_behind(url: str) -> None:
    client = await asyncpg.connect(url, timeout=10, command_timeout=10)
    with pytest.raises(asyncpg.PostgresError, match="prepared statement"):
        for _ in range(4):
            await client.fetchval("SELECT $1::int", 1)
    await client.close(timeout=5)


async def test_a_notification_between_transactions_reaches_nobody(url: str, postgres_url: str) -> None:
    client, heard = await _connect(url), asyncio.Event()
    direct, heard_directly = await asyncpg.connect(postgres_url), asyncio.Event()
    await client.add_listener("channel", lambda *_: heard.set())
    await direct.add_listener("channel", lambda *_: heard_directly.set())
    await direct.execute("NOTIFY channel")
    await asyncio.wait_for(heard_directly.wait(), 10)
    assert await client.fetchval("SELECT 1") == 1
    assert not heard.is_set()
    client.terminate()
    await direct.close()


async def test_a_cancelled_statement_ends_on_the_server_too(url: str) -> None:
    first, second = await _connect(url), await _connect(url)
    with pytest.raises(asyncio.TimeoutError):
        await first.fetchval("SELECT pg_sleep(60)", timeout=0.2)
    assert await first.fetchval("SELECT 1") == 1
    assert await second.fetchval(_SLEEPING) == 0
    await first.close()
    await second.close()


async def test_settings_of_a_session_are_refused_at_the_door(url: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match="unsupported startup parameter: search_path"):
        await asyncpg.connect(url, server_settings={"search_path": "elsewhere"})

from __future__ import annotations

import asyncio

import pytest

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.opening import Opening
from backstage.infra.postgres import connection_pool
from backstage.infra.postgres.connection_pool import ConnectionPool
from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.database import Database
from backstage.infra.postgres.location import parse_url
from backstage.infra.postgres.session import Session


@pytest.fixture
def connector(url: str) -> Connector:
    return Connector(parse_url(url))


async def test_who_has_waited_longest_is_lent_the_next_that_is_given_back(connector: Connector) -> None:
    pool = ConnectionPool(connector, 1)
    only = await pool.take()
    first, second = (asyncio.ensure_future(pool.take()) for _ in range(2))
    await asyncio.sleep(0)
    pool.give_back(only)
    assert await first is only
    assert not second.done()
    pool.give_back(only)
    assert await second is only
    pool.terminate()


async def test_who_gives_up_waiting_takes_nothing_along(connector: Connector) -> None:
    pool = ConnectionPool(connector, 1)
    only = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    pool.give_back(only)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await pool.take() is only
    pool.terminate()


async def test_in_the_room_of_a_dropped_one_another_is_made(connector: Connector) -> None:
    pool = ConnectionPool(connector, 1)
    only = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    pool.drop(only)
    another = await waiting
    assert only.connection.is_closed()
    assert not another.connection.is_closed()
    pool.terminate()


async def test_a_pool_that_is_made_smaller_closes_what_comes_back(connector: Connector) -> None:
    pool = ConnectionPool(connector, 3)
    lent = [await pool.take() for _ in range(3)]
    pool.size = 1
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    for each in lent:
        pool.give_back(each)
    assert await waiting is lent[2]
    assert [each.connection.is_closed() for each in lent] == [True, True, False]
    pool.terminate()


async def test_two_who_ask_at_once_now_and_then_share_a_connection(connector: Connector) -> None:
    pool = ConnectionPool(connector, 2)
    only = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    pool.give_back(only)
    assert await waiting is only
    pool.terminate()


async def test_where_steps_wait_again_and_again_another_is_made_at_once(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_pool, "_PATIENCE", 3600.0)
    pool = ConnectionPool(connector, 2)
    only = await pool.take()
    waiting = [asyncio.ensure_future(pool.take()) for _ in range(4)]
    async with asyncio.timeout(30):
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert done.pop().result() is not only
    for each in waiting:
        each.cancel()
    pool.terminate()


async def test_what_nobody_uses_is_closed(connector: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "UNUSED_FOR", 0.0)
    pool = ConnectionPool(connector, 2)
    lent = await pool.take()
    closed = asyncio.Event()
    lent.connection.add_termination_listener(lambda _: closed.set())
    pool.give_back(lent)
    async with asyncio.timeout(30):
        await closed.wait()
    assert await pool.take() is not lent
    pool.terminate()


async def test_a_closed_pool_lends_no_more_and_closes_what_comes_back(connector: Connector) -> None:
    pool = ConnectionPool(connector, 2)
    lent, unused = await pool.take(), await pool.take()
    pool.give_back(unused)
    await pool.close()
    pool.give_back(lent)
    assert lent.connection.is_closed() and unused.connection.is_closed()
    with pytest.raises(Exception, match="the store is closed"):
        await pool.take()


async def test_a_statement_that_takes_too_long_is_given_up_by_the_server_too(url: str) -> None:
    database = Database(Connector(parse_url(f"{url}&command_timeout=0.3")))
    database.open(Opening.WORK, await database.connector.connect())
    pids: list[int] = []

    async def endless(session: Session) -> None:
        pids.append(await session.value("SELECT pg_backend_pid()"))
        await session.fetch("SELECT pg_sleep(600)")

    async def is_busy(session: Session) -> bool:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::integer"
        return bool(await session.value(asked, pids[0]))

    with pytest.raises(StorageUnavailableError, match="no answer in time"):
        await database.run(endless)
    async with asyncio.timeout(30):
        while await database.run(is_busy):
            continue
    await database.close()

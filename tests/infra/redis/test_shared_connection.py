"""All calls of a loop go over one connection; each gets its own reply, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
import redis
import uvloop

from backstage import StorageUnavailableError, Worker
from backstage.infra.redis.client import Client
from backstage.infra.redis.location import Location
from backstage.infra.server_time import server_time
from backstage.infra.system_clock import SystemClock
from tests.servers.tcp_proxy import TcpProxy


async def _opened(url: str) -> Client:
    client = Client(Location.of(url), server_time(None, SystemClock()))
    client.open()
    return client


async def test_calls_that_come_together_share_one_connection(redis_url: str, server: redis.Redis) -> None:
    before = {each["id"] for each in server.client_list()}
    client = await _opened(redis_url)
    replies = await asyncio.gather(*(client.command("ECHO", number) for number in range(200)))
    opened = [each for each in server.client_list() if each["id"] not in before and each["name"] == "backstage"]
    await client.close()
    assert replies == [b"%d" % number for number in range(200)]
    assert len(opened) == 1


async def test_a_reply_to_a_call_that_was_given_up_is_nobody_elses(redis_url: str) -> None:
    client = await _opened(redis_url)
    await client.command("ECHO", "connected")
    given_up = asyncio.ensure_future(client.command("ECHO", "given up"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await client.command("ECHO", "wanted") == b"wanted"
    await client.close()


async def test_a_call_over_a_connection_that_the_server_closed_opens_another(
    redis_url: str, server: redis.Redis
) -> None:
    client = await _opened(redis_url)
    first = int(await client.command("CLIENT", "ID"))
    server.client_kill_filter(_id=str(first))
    await asyncio.wait_for(client._servers._connection.lost, 5)  # type: ignore[union-attr]
    assert int(await client.command("CLIENT", "ID")) != first
    await client.close()


async def test_a_write_that_fails_fails_one_call_and_those_of_the_same_turn_go_over_another_connection(
    redis_url: str,
) -> None:
    with TcpProxy(redis_url) as proxy:
        client = await _opened(proxy.url)
        await client.command("ECHO", "connected")
        proxy.cut()
        replies = await asyncio.gather(*(client.command("ECHO", number) for number in range(5)), return_exceptions=True)
        await client.close()
    assert isinstance(replies[0], StorageUnavailableError)
    assert replies[1:] == [b"%d" % number for number in range(1, 5)]


async def test_closing_leaves_no_connection_that_is_being_made(redis_url: str) -> None:
    with TcpProxy(redis_url) as proxy:
        client = await _opened(f"{proxy.url}&socket_timeout=0.2")
        before = asyncio.all_tasks()
        proxy.stall()
        given_up = asyncio.ensure_future(client.command("ECHO", "given up"))
        for _ in range(3):
            await asyncio.sleep(0)
        assert client._servers._connecting is not None  # type: ignore[union-attr]
        given_up.cancel()
        await client.close()
        await asyncio.wait([given_up])
    assert asyncio.all_tasks() <= before


async def test_a_worker_whose_handlers_enqueue_takes_three_connections(redis_url: str, server: redis.Redis) -> None:
    before = {each["id"] for each in server.client_list()}
    counts: list[int] = []
    worker = Worker(redis_url, until_idle=True, silent=True, concurrency=20)

    async def order(n: int) -> None:
        await asyncio.gather(*(worker.enqueue("mail") for _ in range(3)), worker.backstage.get_task_stats())
        opened = await asyncio.to_thread(server.client_list)
        counts.append(sum(each["name"] == "backstage" and each["id"] not in before for each in opened))

    worker.on("order", order)
    worker.on("mail", lambda: None)
    for n in range(10):
        await worker.enqueue("order", n)
    await worker.run()
    assert len(counts) == 10
    assert max(counts) <= 3


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_reply_that_came_while_the_loop_was_held_up_is_read(
    redis_url: str, factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def call() -> object:
        client = await _opened(f"{redis_url}&socket_timeout=0.05")
        await client.command("ECHO", "connected")
        asked = asyncio.ensure_future(client.command("ECHO", "asked"))
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - a handler that blocks the loop
        try:
            return await asked
        finally:
            await client.close()

    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(call()) == b"asked"

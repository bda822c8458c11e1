from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from backstage.conformance.trial import Trial
from backstage.conformance.waking import LONG, PROMPT
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.tcp_proxy import TcpProxy


@pytest.fixture
def proxy(url: str) -> Iterator[TcpProxy]:
    with TcpProxy(url) as proxy:
        yield proxy


async def test_a_listener_that_was_cut_off_wakes_its_waiter_and_hears_again(
    trial: Trial, proxy: TcpProxy, clock: FakeClock
) -> None:
    far = PostgresBackend.from_url(proxy.url, clock)  # a subscription needs nothing else to be open
    async with far.wakeup() as wakeup, asyncio.timeout(4 * PROMPT):
        await wakeup.wait(0.0)
        proxy.cut()
        await wakeup.wait(LONG)  # for what was missed meanwhile
        made = proxy.connections_made
        for _ in range(100):
            await trial.added()
            await wakeup.wait(0.5)
            if proxy.connections_made > made:
                break
        await wakeup.wait(0.5)
        await trial.added()
        await wakeup.wait(LONG)


async def test_stores_of_one_database_do_not_wake_each_other(trial: Trial, database_url: str, clock: FakeClock) -> None:
    other = PostgresBackend.from_url(f"{database_url}?schema=elsewhere", clock)
    loop = asyncio.get_running_loop()
    async with other.wakeup() as wakeup:
        await wakeup.wait(0.0)
        await trial.added()
        begun = loop.time()
        await wakeup.wait(0.3)
        assert loop.time() - begun > 0.25


async def test_subscriptions_of_one_store_do_not_wake_each_other_by_their_tests(trial: Trial) -> None:
    loop = asyncio.get_running_loop()
    async with trial.backend.wakeup() as first:
        await first.wait(0.0)
        begun = loop.time()
        async with trial.backend.wakeup():
            await first.wait(0.3)
        assert loop.time() - begun > 0.25


@pytest.mark.parametrize("turns", [2, 4, 6])
async def test_who_is_to_hear_everything_again_while_the_server_is_told_the_opposite_does(
    trial: Trial, turns: int
) -> None:
    async with trial.backend.wakeup("name") as wakeup, asyncio.timeout(2 * PROMPT):
        while not wakeup.is_called:
            await wakeup.wait(0.01)
        wakeup.hear_calls()
        for _ in range(turns):
            await asyncio.sleep(0)
        wakeup.hear_all()
        while await wakeup.wait(0.1):
            pass
        await trial.added()
        assert await wakeup.wait(LONG)

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.waking import LONG, PROMPT
from backstage.domain.errors import StorageUnavailableError
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_instance import RedisInstance
from tests.servers.tcp_proxy import TcpProxy


async def test_a_connection_that_broke_is_made_anew_and_wakes_its_waiter(redis_url: str, clock: FakeClock) -> None:
    with TcpProxy(redis_url) as proxy:
        url, new_task = proxy.url, TaskFactory(clock)
        async with (
            on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, new_task) as trial,
            trial.backend.wakeup() as wakeup,
            asyncio.timeout(PROMPT),
        ):
            await wakeup.wait(0.0)
            proxy.cut()
            await wakeup.wait(LONG)
            with contextlib.suppress(StorageUnavailableError):  # the connections for commands were cut as well
                await trial.tasks.counts()
            await trial.added()
            await wakeup.wait(LONG)


async def test_one_may_subscribe_while_the_server_is_away(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    instance, new_task = own_redis(), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        instance.kill()
        async with trial.backend.wakeup() as wakeup, asyncio.timeout(PROMPT):
            await wakeup.wait(0.01)
            instance.start()
            await wakeup.wait(LONG)

"""What a task costs the server: commands, memory; and that neither grows with what is stored beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import redis

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.task import Task
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_instance import RedisInstance


@pytest.fixture
def instance(own_redis: Callable[..., RedisInstance]) -> RedisInstance:
    """Alone on its server, whose counters are looked at."""
    return own_redis(appendfsync="no")


@pytest.fixture
async def trial(instance: RedisInstance, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        yield trial


class Commands:
    """How many commands the server has made, those within scripts too."""

    def __init__(self, instance: RedisInstance) -> None:
        self._url = instance.url

    def since_reset(self) -> dict[str, int]:
        with redis.Redis.from_url(self._url) as admin:
            stats = admin.info("commandstats")
            admin.config_resetstat()
        names = {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
        return {
            name: calls for name, calls in names.items() if name.partition("|")[0] not in ("info", "config", "hello")
        }


async def test_a_hundred_tasks_take_few_commands(trial: Trial, instance: RedisInstance) -> None:
    commands, tasks = Commands(instance), [trial.new_task() for _ in range(201)]
    await trial.tasks.add(tasks[:1])
    await trial.queue.settle([task.completed() for task in await trial.claim(1)])  # everything has been sent once
    commands.since_reset()
    await trial.tasks.add(tasks[1:101])
    adding = commands.since_reset()
    claimed = await trial.claim(100)
    claiming = commands.since_reset()
    await trial.queue.settle([task.completed("1") for task in claimed])
    settling = commands.since_reset()
    assert [counted["evalsha"] for counted in (adding, claiming, settling)] == [1, 1, 1]
    assert sum(adding.values()) <= 3 * 100 + 20
    assert sum(claiming.values()) <= 2 * 100 + 30
    assert sum(settling.values()) <= 2 * 100 + 20


async def test_a_plain_task_that_comes_alone_takes_the_commands_that_write_it(
    trial: Trial, clock: FakeClock, instance: RedisInstance
) -> None:
    commands = Commands(instance)
    await trial.tasks.add([trial.new_task()])
    commands.since_reset()
    clock.advance(1)
    await trial.tasks.add([trial.new_task()])
    taken = commands.since_reset()
    assert taken == {"evalsha": 1, "hget": 2, "exists": 1, "xadd": 1, "hset": 2, "zadd": 1, "hincrby": 1, "publish": 1}


async def test_a_claim_costs_the_same_beside_thousands_of_other_tasks(trial: Trial, instance: RedisInstance) -> None:
    commands = Commands(instance)
    await _run_ten(trial)
    commands.since_reset()
    await _run_ten(trial)
    alone = commands.since_reset()
    await trial.tasks.add([trial.new_task(delay=1e6) for _ in range(3000)])
    await trial.tasks.add([trial.new_task(type="unknown", priority=9) for _ in range(3000)])
    await trial.tasks.add([trial.new_task() for _ in range(3000)])
    while batch := await trial.claim(500):
        await trial.queue.settle([task.completed() for task in batch])
    commands.since_reset()
    await _run_ten(trial)
    assert commands.since_reset() == alone


async def test_a_task_takes_little_memory(trial: Trial, instance: RedisInstance) -> None:
    number = 5000
    await trial.queue.settle([task.completed() for task in await _claimed(trial, 10)])
    with redis.Redis.from_url(instance.url) as admin:

        def used() -> int:
            """Of the keys, one by one: what the server uses in all has buffers of connections and scripts in it."""
            with admin.pipeline(transaction=False) as sizes:
                for key in admin.scan_iter(count=1000):
                    sizes.memory_usage(key, samples=0)
                return sum(sizes.execute())

        before = used()
        await trial.tasks.add([trial.new_task(payload_json='{"user":12345}') for _ in range(number)])
        queued = (used() - before) / number
        while batch := await trial.claim(500):
            await trial.queue.settle([task.completed('"sent"') for task in batch])
        finished = (used() - before) / number
    assert queued < 450
    assert finished < 650


async def _run_ten(trial: Trial) -> None:
    await trial.queue.settle([task.completed() for task in await _claimed(trial, 10)])


async def _claimed(trial: Trial, number: int) -> list[Task]:
    await trial.tasks.add([trial.new_task() for _ in range(number)])
    return list(await trial.claim(number))

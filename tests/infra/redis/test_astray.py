"""Waiting tasks whose place on the server is gone are put back, at the cost of a few looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.infra.redis.key_space import keys_of
from tests.servers.redis_instance import RedisInstance


class Queue:
    """Its keys on the server."""

    def __init__(self, server: redis.Redis, prefix: str) -> None:
        self._server, self._prefix = server, f"{{{prefix}:default}}:"

    def delete(self, *keys: str) -> None:
        assert self._server.delete(*(self._prefix + key for key in keys)) == len(keys)

    def trim(self, line: str, left: int) -> None:
        self._server.xtrim(self._prefix + line, maxlen=left, approximate=False)

    def has(self, key: str) -> bool:
        return bool(self._server.exists(self._prefix + key))


@pytest.fixture
def queue(server: redis.Redis, prefix: str) -> Queue:
    return Queue(server, prefix)


async def _early(trial: Trial) -> Task:
    """A task that waits beside its line, for it belongs before the last entry."""
    early = trial.new_task()
    await trial.added()
    await trial.tasks.add([early])
    return early


async def test_tasks_of_a_deleted_stream_are_claimed_in_order(trial: Trial, queue: Queue) -> None:
    tasks = [await trial.added(priority=n % 2) for n in range(6)]
    running = (await trial.claim(1))[0]
    queue.delete("line:0:email:send", "line:1:email:send")
    await trial.queue.reclaim(3, 10)
    assert [task.id for task in await trial.claim(10)] == [task.id for task in tasks[3:6:2] + tasks[0:6:2]]
    assert await trial.settle(running.completed()) is TaskState.COMPLETED


async def test_tasks_of_a_trimmed_stream_are_claimed_too(trial: Trial, queue: Queue) -> None:
    tasks = [await trial.added() for _ in range(5)]
    queue.trim("line:0:email:send", left=2)
    await trial.queue.reclaim(3, 10)
    assert [task.id for task in await trial.claim(10)] == [task.id for task in tasks]


async def test_tasks_of_deleted_sorted_sets_are_claimed_too(trial: Trial, queue: Queue) -> None:
    early = await _early(trial)
    due, later = await trial.added(delay=5.0), await trial.added(delay=50.0)
    queue.delete("early:0:email:send", "later", "levels")
    trial.clock.advance(10)
    await trial.queue.reclaim(3, 10)
    claimed = {task.id for task in await trial.claim(10)}
    assert {early.id, due.id} <= claimed and later.id not in claimed
    trial.clock.advance(50)
    [last] = await trial.claim(10)
    assert last.id == later.id
    await trial.queue.settle([task.completed() for task in await trial.queue.held_by("w1")])
    assert await trial.queue.is_idle(frozenset(["email:send"]), None)


async def test_a_level_that_was_forgotten_is_served_again(trial: Trial, queue: Queue) -> None:
    task = await trial.added()
    queue.delete("levels")
    assert await trial.claim() == ()
    await trial.queue.reclaim(3, 10)
    assert [each.id for each in await trial.claim()] == [task.id]


async def test_nothing_is_left_of_the_search(trial: Trial, queue: Queue, server: redis.Redis, prefix: str) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(2500)])
    queue.delete("line:0:email:send")
    await trial.queue.reclaim(3, 10)
    assert queue.has("search")
    for _ in range(3):
        await trial.queue.reclaim(3, 10)
    assert not queue.has("search")
    done = 0
    while batch := await trial.claim(500):
        await trial.queue.settle([task.completed() for task in batch])
        done += len(batch)
    assert done == 2500
    assert [key for key in keys_of(server, prefix) if "line:" in key or "early" in key or "search" in key] == []


async def test_a_look_costs_little_however_many_tasks_wait_where_they_should(
    own_redis: Callable[..., RedisInstance], clock: FakeClock, new_task: TaskFactory
) -> None:
    instance = own_redis(appendfsync="no")
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        with redis.Redis.from_url(instance.url) as admin:

            async def commands_of_a_look() -> int:
                await trial.queue.reclaim(3, 10)  # its scripts are known to the server from now on
                admin.config_resetstat()
                await trial.queue.reclaim(3, 10)
                return sum(each["calls"] for each in admin.info("commandstats").values())

            async def add(number: int) -> None:
                await trial.tasks.add([trial.new_task() for _ in range(number)])
                await trial.tasks.add([trial.new_task(delay=60.0) for _ in range(number)])

            await add(2)
            few = await commands_of_a_look()
            await add(1000)
            assert await commands_of_a_look() <= few + 200


async def test_a_look_for_lost_tasks_is_bounded(
    own_redis: Callable[..., RedisInstance], clock: FakeClock, new_task: TaskFactory
) -> None:
    instance = own_redis(appendfsync="no")
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        await trial.tasks.add([trial.new_task() for _ in range(6000)])
        with redis.Redis.from_url(instance.url) as admin:
            admin.delete("{backstage:default}:line:0:email:send")
            admin.config_resetstat()
            await trial.queue.reclaim(3, 10)
            stats = admin.info("commandstats")
    # 1,000 by the walk through the tasks, and as many by that through the keys, which SCAN gives in whole buckets.
    assert stats["cmdstat_hmget"]["calls"] <= 2100

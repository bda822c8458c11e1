"""A claim follows the index of lanes: in exact order, at a cost that does not grow with them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping

import pytest
import redis

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import BROKEN, POLICY, Trial
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.infra.redis.key_space import keys_of
from tests.servers.redis_instance import RedisInstance

INDEX = ("}:heads", "}:ready", "}:ranks", "}:later")


def types_of(number: int) -> frozenset[str]:
    return frozenset(f"t{n}" for n in range(number))


def in_order(tasks: Iterable[Task]) -> list[str]:
    return [task.id for task in sorted(tasks, key=lambda task: (-task.priority, task.scheduled_at, task.id))]


async def added(trial: Trial, number: int, *, queues: int = 1, types: int = 1) -> list[Task]:
    tasks = [trial.new_task(queue=f"q{n % queues}", type=f"t{n % types}") for n in range(number)]
    await trial.tasks.add(tasks)
    return tasks


@pytest.mark.parametrize("served", [3, 300])
@pytest.mark.parametrize("queues", [None, {f"q{n}": 0 for n in range(8)}, {f"q{n}": 0 for n in range(40)}])
async def test_the_order_is_exact_across_queues_types_and_ways_to_come_there(
    trial: Trial, served: int, queues: Mapping[str, int] | None
) -> None:
    """Added late, delayed, released, retried: whatever has happened to them, the first waiting tasks come first."""
    chance, waiting = random.Random(7), {}
    for _ in range(6):
        tasks = [
            trial.new_task(
                queue=f"q{chance.randrange(8)}",
                type=f"t{chance.randrange(3)}",
                priority=chance.choice((-1, 0, 0, 5)),
                delay=chance.choice((0.0, 0.0, 20.0)),
            )
            for _ in range(20)
        ]
        chance.shuffle(tasks)
        for task in tasks:
            await trial.tasks.add([task])
        waiting |= {task.id: task for task in tasks}
        trial.clock.advance(10)
        due = [task for task in waiting.values() if task.scheduled_at <= trial.clock.now()]
        claimed = await trial.claim(12, types=types_of(served), queues=queues)
        assert [task.id for task in claimed] == in_order(due)[:12]
        await trial.queue.settle([task.released() for task in claimed[:4]])
        await trial.queue.settle([task.completed() for task in claimed[4:]])
        for task in claimed[4:]:
            del waiting[task.id]
    while batch := await trial.claim(7, types=types_of(served), queues=queues):
        due = [task for task in waiting.values() if task.scheduled_at <= trial.clock.now()]
        assert [task.id for task in batch] == in_order(due)[:7]
        for task in batch:
            del waiting[task.id]


@pytest.mark.parametrize("lanes", [{"queues": 600}, {"types": 600}, {"queues": 30, "types": 600}])
async def test_a_claim_looks_at_no_more_lanes_than_tasks_are_wanted(
    own_redis: Callable[..., RedisInstance], clock: FakeClock, new_task: TaskFactory, lanes: dict[str, int]
) -> None:
    instance = own_redis(appendfsync="no")
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        tasks = await added(trial, 1200, **lanes)
        await trial.claim(1, types=types_of(600))  # its scripts are known to the server from now on
        with redis.Redis.from_url(instance.url) as admin:
            admin.config_resetstat()
            claimed = await trial.claim(10, types=types_of(600))
            calls = sum(each["calls"] for each in admin.info("commandstats").values())
    assert [task.id for task in claimed] == in_order(tasks)[1:11]
    assert calls < 350


async def test_a_store_without_an_index_is_given_one(
    redis_url: str, clock: FakeClock, new_task: TaskFactory, server: redis.Redis, prefix: str
) -> None:
    """As a release before the index left it."""
    async with on_trial(lambda clock: RedisBackend.from_url(redis_url, clock), clock, new_task) as trial:
        tasks = await added(trial, 60, queues=5, types=3)
        later = trial.new_task(queue="q1", type="t1", delay=30.0)
        await trial.tasks.add([later])
    drop_index(server, prefix)
    async with on_trial(lambda clock: RedisBackend.from_url(redis_url, clock), clock, new_task) as trial:
        claimed = await trial.claim(100, types=types_of(3))
        assert [task.id for task in claimed] == in_order(tasks)
        assert (await trial.ask(types=types_of(3))).next_due_in == 30.0
        trial.clock.advance(31)
        assert [task.id for task in await trial.claim(types=types_of(3))] == [later.id]


async def test_what_an_older_release_adds_beside_the_index_is_found(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    await trial.tasks.add([trial.new_task(queue=f"q{n}") for n in range(3)])
    assert len(await trial.claim(10)) == 3
    older = trial.new_task(queue="q1")
    await trial.tasks.add([older])
    drop_index(server, prefix)
    trial.clock.advance(2)
    assert [task.id for task in await trial.claim(10)] == [older.id]


async def test_nothing_of_the_index_is_left_when_nothing_waits(trial: Trial, server: redis.Redis, prefix: str) -> None:
    await added(trial, 30, queues=5, types=3)
    gone = trial.new_task(queue="q9", type="t0", delay=60.0)
    await trial.tasks.add([gone])
    await trial.tasks.save(gone.cancel(trial.clock.now()))
    await trial.claim(30, types=types_of(3))
    assert [key for key in keys_of(server, prefix) if key.endswith(INDEX)] == []


async def test_a_retry_in_a_lane_that_was_empty_is_found_at_its_time(trial: Trial) -> None:
    await trial.tasks.add([trial.new_task(queue=f"q{n}") for n in range(3)])
    failed, *_ = await trial.claim(3)
    await trial.settle(failed.failed(BROKEN, POLICY, 0.0))
    asked = await trial.ask()
    assert asked.tasks == () and asked.next_due_in is not None
    trial.clock.advance(asked.next_due_in)
    assert [task.id for task in await trial.claim()] == [failed.id]


def drop_index(server: redis.Redis, prefix: str) -> None:
    keys = [key for key in server.scan_iter(f"{{{prefix}*") if key.endswith(INDEX[:3])]
    server.delete(f"{{{prefix}}}:later", *keys)


async def test_queues_that_have_nothing_any_more_are_forgotten_until_they_get_a_task(
    own_redis: Callable[..., RedisInstance], clock: FakeClock, new_task: TaskFactory
) -> None:
    instance = own_redis(appendfsync="no")
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        await trial.tasks.add([trial.new_task(queue=f"q {n}") for n in range(50)])
        kept = trial.new_task(queue="other")
        await trial.tasks.add([kept])
        await trial.queue.settle([task.completed() for task in await trial.claim(50)])
        while await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 100):
            pass
        await trial.queue.reclaim(3, 10)
        with redis.Redis.from_url(instance.url) as admin:
            admin.config_resetstat()
            await trial.queue.reclaim(3, 10)
            assert admin.info("commandstats")["cmdstat_evalsha"]["calls"] <= 3
        assert len([row for row in await trial.tasks.counts() if row.pruned == 1]) == 50
        again = trial.new_task(queue="q 7")
        await trial.tasks.add([again])
        assert [task.id for task in await trial.claim(10)] == [kept.id, again.id]
        assert [task.id for task in await trial.queue.held_by("w1")] == sorted([kept.id, again.id])

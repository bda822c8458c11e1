"""What is lost on the server is found again or made anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import LEASE, Trial
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task_state import TaskState
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_instance import RedisInstance
from tests.servers.tcp_proxy import TcpProxy

GROUP = "backstage-workers"


async def test_scripts_that_the_server_has_forgotten_are_sent_again(trial: Trial, server: redis.Redis) -> None:
    await trial.added()
    server.script_flush()
    [claimed] = await trial.claim()
    server.script_flush()
    assert await trial.settle(claimed.completed()) is TaskState.COMPLETED


async def test_a_deleted_group_loses_and_doubles_no_task(trial: Trial, server: redis.Redis, prefix: str) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(6)])
    running = await trial.claim(2)
    server.xgroup_destroy(f"{{{prefix}:default}}:line:0:email:send", GROUP)
    others = await trial.claim(10, worker_id="w2")
    assert len({task.id for task in running + others}) == 6
    assert set(await trial.queue.settle([each.completed() for each in running + others])) == {TaskState.COMPLETED}
    assert not server.exists(f"{{{prefix}:default}}:line:0:email:send")


async def test_a_deleted_stream_is_made_anew(trial: Trial, server: redis.Redis, prefix: str) -> None:
    await trial.added()
    server.delete(f"{{{prefix}:default}}:line:0:email:send")
    assert await trial.claim(5) == ()
    task = await trial.added()
    assert [each.id for each in await trial.claim(5)] == [task.id]


async def test_an_emptied_store_goes_on(own_redis: Callable[..., RedisInstance], clock: FakeClock) -> None:
    instance, new_task = own_redis(), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        await trial.added()
        running = (await trial.claim())[0]
        with redis.Redis.from_url(instance.url) as admin:
            admin.flushall()
        assert await trial.settle(running.completed()) is None
        task = await trial.added()
        assert [each.id for each in await trial.claim(5)] == [task.id]
        assert (await trial.tally())["default", "email:send", TaskState.RUNNING] == (1, 0)


async def test_a_killed_server_has_everything_when_it_is_back(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    instance, new_task = own_redis(), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        waiting, running = [trial.new_task() for _ in range(20)], await trial.running()
        await trial.tasks.add(waiting)
        instance.kill()
        with pytest.raises(StorageUnavailableError):
            await trial.claim()
        instance.start()
        assert await trial.queue.held_by("w1") == [running]
        assert [task.id for task in await trial.claim(50)] == [task.id for task in waiting]
        assert await trial.settle(running.completed()) is TaskState.COMPLETED


async def test_what_a_dead_client_left_in_the_outbox_is_stored_by_the_next_reclaim(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    running, chained = await trial.running(), trial.new_task(queue="mail")
    await trial.settle(running.completed(next_tasks=(chained,)))
    [claimed] = await trial.claim(5, queues={"mail": 0})
    again = trial.new_task(queue="mail")
    running = await trial.running()
    with TcpProxy(f"redis://127.0.0.1:{server.connection_pool.connection_kwargs['port']}/0") as proxy:
        clock, new_task = trial.clock, trial.new_task
        url = f"{proxy.url}?prefix={prefix}"
        async with on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, new_task) as dying:
            await dying.queue.inspect({running.id: running.fence})
            lost = proxy.lose_reply(again.id.encode())
            with pytest.raises(StorageUnavailableError):
                await dying.settle(running.completed(next_tasks=(again,)))
            assert lost.has_happened
    assert server.hkeys(f"{{{prefix}:default}}:outbox") == [again.id]
    await trial.queue.reclaim(3, 10)
    assert not server.exists(f"{{{prefix}:default}}:outbox")
    assert [task.id for task in await trial.claim(5)] == [again.id]
    assert await trial.settle(claimed.completed()) is TaskState.COMPLETED


async def test_a_lost_reply_to_an_enqueue_is_told_and_the_task_stored_once(
    redis_url: str, clock: FakeClock, new_task: TaskFactory
) -> None:
    with TcpProxy(redis_url) as proxy:
        async with on_trial(lambda clock: RedisBackend.from_url(proxy.url, clock), clock, new_task) as trial:
            await trial.added()
            task = trial.new_task()
            lost = proxy.lose_reply(task.id.encode())
            with pytest.raises(StorageUnavailableError):
                await trial.tasks.add([task])
            assert lost.has_happened
            assert await trial.tasks.add([task]) == [None]
            assert len(await trial.claim(10)) == 2


async def test_a_call_that_was_given_up_leaves_no_reply_to_the_next(
    redis_url: str, clock: FakeClock, new_task: TaskFactory
) -> None:
    with TcpProxy(redis_url) as proxy:
        url = f"{proxy.url}&socket_timeout=0.2"
        async with on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, new_task) as trial:
            task = await trial.added()
            proxy.stall()
            with pytest.raises(StorageUnavailableError):
                await trial.claim()
            proxy.flow()
            assert await trial.control.paused() == []
            assert await trial.tasks.get(task.id) == (await trial.queue.held_by("w1") or [task])[0]


async def test_leftovers_of_the_group_are_swept(trial: Trial, server: redis.Redis, prefix: str) -> None:
    running = await trial.running()
    line = f"{{{prefix}:default}}:line:0:email:send"
    stray = server.xadd(line, {"id": "01940000-0000-7000-8000-ffffffffffff"})
    server.xreadgroup(GROUP, "stranger", {line: ">"})
    trial.clock.advance(LEASE - 1)
    await trial.queue.reclaim(3, 10)
    assert [each["name"] for each in server.xpending_range(line, GROUP, "-", "+", 10) if each.get("name")] == []
    assert stray not in [entry for entry, _ in server.xrange(line)]
    assert await trial.settle(running.completed()) is TaskState.COMPLETED

"""A server that has reached `maxmemory` takes no new tasks, and lets the others end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import redis

from backstage import Container, Next, Worker
from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.errors import ConfigurationError, StorageFullError, StorageUnavailableError
from backstage.domain.opening import Opening
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_instance import RedisInstance
from tests.servers.small_disk import Ballast

LARGE = f'"{"x" * 50_000}"'


async def test_on_a_full_server_an_enqueue_is_refused_and_tasks_can_end(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    instance, new_task = own_redis(), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        await trial.tasks.add([trial.new_task() for _ in range(20)])
        running = list(await trial.claim(10))
        _fill(instance)
        await _is_refused(trial)
        running += await trial.claim(10)
        assert len(running) == 20
        outcomes = [task.completed("1") if n % 2 else task.released() for n, task in enumerate(running)]
        assert None not in await trial.queue.settle(outcomes)
        waiting = (await trial.tasks.get(running[0].id)).cancel(clock.now())
        await trial.tasks.save(waiting)
        assert await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 100) == 10
        tally = await trial.tally()
        assert tally["default", "email:send", TaskState.PENDING] == (9, 0)


async def test_a_full_server_is_opened_written_nothing_and_worked_off(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    instance, new_task = own_redis(), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        await trial.tasks.add([trial.new_task() for _ in range(3)])
    _fill(instance)
    for opening in Opening:
        before = _writes(instance)
        backend = RedisBackend.from_url(instance.url, clock)
        await backend.open(opening)
        assert _writes(instance) == before
        await backend.close()
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        running = await trial.claim(10)
        assert len(running) == 3
        await trial.queue.settle([task.completed("1") for task in running])
        assert await trial.control.pause("queue", "default")
        assert await trial.control.resume("queue", "default")
        state = WorkerInfo(
            id="w", host="h", pid=1, started_at=clock.now(), seen_at=clock.now(), concurrency=1, queues=(), types=()
        )
        assert await trial.registry.beat(state)
        assert [worker.id for worker in await trial.registry.workers(60)] == ["w"]


async def test_a_worker_with_all_that_its_code_declares_starts_on_a_full_server_and_drains_it(
    own_redis: Callable[..., RedisInstance],
) -> None:
    instance, options = own_redis(), {"silent": True, "until_idle": True, "poll_interval": 0.05}
    producer = Worker(instance.url, **options)
    for _ in range(3):
        await producer.enqueue("t")
    await producer.stop()
    _fill(instance)
    worker = Worker(instance.url, **options)
    worker.on("t", lambda: Next("elsewhere", queue="other"))
    worker.on("elsewhere", lambda: None)
    worker.listen("worker-task:completed", durable="mine")(lambda event: None)
    async with asyncio.timeout(30):
        await worker.run()
    async with Container.open(instance.url, silent=True) as backstage:
        assert (await backstage.get_task_stats()).by_type["t"].completed == 3


async def test_a_server_that_ends_on_a_full_disk_has_all_that_it_accepted_when_it_is_back(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    """With `appendfsync always` it rather ends than answers for what it could not write."""
    instance, new_task = own_redis(disk=12, auto_aof_rewrite_percentage="0"), TaskFactory(clock)
    ballast = Ballast(instance.folder, mebibytes=8)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        accepted: list[str] = []
        with pytest.raises((StorageUnavailableError, StorageFullError)):
            while len(accepted) < 1000:
                accepted.append((await trial.added(payload_json=LARGE)).id)
        assert instance.process.wait() != 0
        ballast.drop()
        instance.start()
        found = [task.id for task in await trial.claim(1000)]
        assert found[: len(accepted)] == accepted
        assert len(found) <= len(accepted) + 1  # the last one was written, and its answer was not


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_server_that_evicts_is_refused(own_redis: Callable[..., RedisInstance], policy: str) -> None:
    instance = own_redis(maxmemory_policy=policy)
    backend = RedisBackend.from_url(instance.url, None)
    with pytest.raises(ConfigurationError, match=rf"maxmemory-policy is {policy}.*noeviction.*allow_eviction=yes"):
        await backend.open()
    accepting = RedisBackend.from_url(f"{instance.url}?allow_eviction=yes", None)
    await accepting.open()
    await accepting.close()


def _writes(instance: RedisInstance) -> int:
    with redis.Redis.from_url(instance.url) as admin:
        return int(admin.info("persistence")["rdb_changes_since_last_save"])


def _fill(instance: RedisInstance) -> None:
    with redis.Redis.from_url(instance.url) as admin:
        admin.config_set("maxmemory", 1)


async def _is_refused(trial: Trial) -> None:
    task = trial.new_task()
    before = await trial.tally()
    with pytest.raises(StorageFullError):
        await trial.tasks.add([task, trial.new_task()])
    assert await trial.tally() == before
    message = BroadcastMessage(id=task.id, name="reload", sent_at=trial.clock.now())
    with pytest.raises(StorageFullError):
        await trial.backend.broadcasts.send(message)

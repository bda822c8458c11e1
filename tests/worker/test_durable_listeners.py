from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from backstage import Backoff, Worker, listener
from backstage.domain.errors import ConfigurationError, SubscriptionNotFoundError
from backstage.domain.events import TaskCompleted, TaskFailed
from backstage.domain.subscription import DELIVERY_QUEUE, Subscription
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.memory.backend import MemoryBackend
from tests.servers.redis_server import RedisServer
from tests.worker.workers import DEADLINE, Workers, finish, found, memory, play, reached, until

BACKENDS = ("memory", "sqlite", "postgresql", "redis")


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "memory":
            return "memory://"
        case "sqlite":
            return f"sqlite:///{tmp_path}/tasks.db"
        case "postgresql":
            return str(request.getfixturevalue("postgres_url"))
    server: RedisServer = request.getfixturevalue("redis_server")
    return f"{server.url}?prefix={server.new_prefix()}"


@pytest.fixture
async def backend() -> AsyncIterator[MemoryBackend]:
    """One store for several workers."""
    backend = memory()
    await backend.open()
    yield backend


def fails() -> None:
    raise ValueError("no such address")


def alerted(worker: Worker, *events: str, **options: Any) -> list[Any]:
    """What the durable listener `alerts` of the worker hears."""
    heard: list[Any] = []
    worker.listen(*(events or ("worker-task:failed",)), durable="alerts", **options)(heard.append)
    return heard


async def deliveries(worker: Worker) -> list[Task]:
    return await found(worker, queue=DELIVERY_QUEUE)


# -- what is delivered ---------------------------------------------------------------------------


async def test_a_final_failure_is_delivered_whole(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=2, backoff=Backoff.fixed(0))
    heard, told = alerted(worker), []
    worker.events.on("worker-task:failed", told.append)
    task = await play(worker, "t", {"to": "ada"}, metadata={"tenant": "7"})
    [event] = heard
    assert isinstance(event, TaskFailed)
    assert (str(event.error), event.attempt, event.will_retry) == ("ValueError: no such address", 2, False)
    stored = await worker.backstage.get_task(task.id)
    assert event.task == replace(stored, finished_at=event.task.finished_at)  # the worker's guess of the store's now
    assert [each.will_retry for each in told] == [True, False]
    assert event.id == told[1].id != told[0].id


async def test_every_attempt_and_other_events_are_delivered_where_asked_for(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", lambda context: fails() if context.attempt == 1 else {"n": 1}, backoff=Backoff.fixed(0))
    heard = alerted(worker, "worker-task:failed", "worker-task:completed", every_attempt=True)
    await play(worker, "t")
    failed, completed = sorted(heard, key=lambda event: event.at)
    assert isinstance(failed, TaskFailed) and failed.will_retry
    assert isinstance(completed, TaskCompleted) and completed.result == {"n": 1}


async def test_types_and_queues_narrow_a_subscription(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    heard = alerted(worker, types="email:*", queues=("mail", "post*"))
    for task_type in ("email:send", "sms:send"):
        worker.on(task_type, fails, max_attempts=1)
        for queue in ("mail", "post.2", "default"):
            await worker.enqueue(task_type, queue=queue)
    await finish(worker)
    assert sorted((event.task.type, event.task.queue) for event in heard) == [
        ("email:send", "mail"),
        ("email:send", "post.2"),
    ]


async def test_a_delivery_is_told_to_nobody_durably(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=1)

    @worker.listen("worker-task:failed", "worker-task:completed", durable="all", max_attempts=1)
    async def fails_too(event: Any) -> None:
        fails()

    await play(worker, "t")
    [delivery] = await deliveries(worker)
    assert delivery.state is TaskState.FAILED


async def test_a_listener_that_fails_is_tried_again_with_the_same_event(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=1)
    ids: list[str] = []

    @worker.listen("worker-task:failed", durable="alerts", backoff=Backoff.fixed(0))
    def flaky(event: TaskFailed) -> str:
        ids.append(event.id)
        if len(ids) < 3:
            raise ConnectionError
        return "its value is nobody's"

    await play(worker, "t")
    assert (len(ids), len(set(ids))) == (3, 1)
    [delivery] = await deliveries(worker)
    assert (delivery.state, delivery.attempt, delivery.result_json) == (TaskState.COMPLETED, 3, None)
    assert delivery.metadata == {"event": "worker-task:failed", "event_id": ids[0]}


async def test_what_died_with_its_worker_is_delivered(backend: MemoryBackend, workers: Workers) -> None:
    worker = workers.over(backend, max_deliveries=1)
    task = await worker.enqueue("t")
    assert task is not None
    stuck = workers.over(backend, reclaim_interval=3600)
    stuck.on("t", asyncio.Event().wait)
    await stuck.start()
    await reached(stuck, task, TaskState.RUNNING)
    backend._store.lease_ends[task.id] = float("-inf")  # as if its worker had renewed nothing
    heard = alerted(worker)
    await worker.start()
    await until(lambda: heard)
    assert (heard[0].task.id, heard[0].error.type, heard[0].will_retry) == (task.id, "TooManyDeliveries", False)


# -- who delivers --------------------------------------------------------------------------------


async def test_the_failure_of_one_worker_is_delivered_by_another(backend: MemoryBackend, workers: Workers) -> None:
    alerting = workers.over(backend)
    heard = alerted(alerting)
    await alerting.start()
    failing = workers.over(backend, until_idle=True)
    failing.on("t", fails, max_attempts=1)
    await play(failing, "t")
    await until(lambda: heard)


async def test_deliveries_without_a_listener_wait(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=1)
    await worker.connect()
    await worker.backstage.subscribe("alerts")
    await play(worker, "t")
    [delivery] = await deliveries(worker)
    assert (delivery.state, delivery.type) == (TaskState.PENDING, "backstage:deliver:alerts")


async def test_a_worker_of_some_queues_and_types_serves_its_own_deliveries(workers: Workers) -> None:
    worker = workers.new(until_idle=True, queues="mail", types="t")
    worker.on("t", fails, max_attempts=1)
    worker.on("u", fails, max_attempts=1)
    heard = alerted(worker)
    await worker.enqueue("t", queue="mail")
    await worker.enqueue("u", queue="mail")
    await finish(worker)
    assert [event.task.type for event in heard] == ["t"]


# -- when a subscription counts ------------------------------------------------------------------


async def test_a_worker_registers_its_listeners_and_doing_so_again_changes_nothing(workers: Workers) -> None:
    backend = memory()
    for _ in range(2):
        worker = workers.over(backend)
        alerted(worker, types="email:*")
        await worker.start()
        await worker.stop()
    assert await backend.subscriptions.all() == [Subscription(name="alerts", types=("email:*",))]


async def test_one_made_elsewhere_counts_from_the_next_look(backend: MemoryBackend, workers: Workers) -> None:
    worker = workers.over(backend, subscription_interval=0.05)
    worker.on("t", fails, max_attempts=1)
    await worker.start()
    await worker.backstage.subscribe("alerts")
    async with asyncio.timeout(DEADLINE):
        while not await deliveries(worker):
            await reached(worker, await worker.enqueue("t"))


async def test_removing_one_cancels_what_waits_and_what_is_stored_until_workers_know(
    backend: MemoryBackend, workers: Workers
) -> None:
    worker = workers.over(backend, subscription_interval=0.05)
    worker.on("t", fails, max_attempts=1)
    await worker.backstage.subscribe("alerts")
    await worker.start()
    for _ in range(3):
        await reached(worker, await worker.enqueue("t"))
    assert len(await deliveries(worker)) == 3
    assert await worker.backstage.unsubscribe("alerts") == 3
    late = [await reached(worker, await worker.enqueue("t")) for _ in range(3)]
    assert len(late) == 3
    async with asyncio.timeout(DEADLINE):
        while {each.state for each in await deliveries(worker)} != {TaskState.CANCELLED}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    with pytest.raises(SubscriptionNotFoundError, match="no subscription 'alerts'"):
        await worker.backstage.unsubscribe("alerts")


# -- what it costs -------------------------------------------------------------------------------


async def test_without_subscriptions_no_batch_costs_anything_more(backend: MemoryBackend, workers: Workers) -> None:
    asked: list[str] = []
    calls: list[Any] = []
    look, settle, reclaim = backend.subscriptions.all, backend.queue.settle, backend.queue.reclaim

    async def looking() -> Any:
        asked.append("all")
        return await look()

    async def settling(outcomes: Any) -> Any:
        calls.extend(outcome.next_tasks for outcome in outcomes)
        return await settle(outcomes)

    async def reclaiming(max_deliveries: int, limit: int, next_tasks_of: Any = None) -> Any:
        calls.append(next_tasks_of or ())
        return await reclaim(max_deliveries, limit, next_tasks_of)

    backend.subscriptions.all = looking  # type: ignore[method-assign]
    backend.queue.settle = settling  # type: ignore[method-assign]
    backend.queue.reclaim = reclaiming  # type: ignore[method-assign]
    worker = workers.over(backend, until_idle=True, subscription_interval=3600)
    worker.on("t", fails, max_attempts=1)
    for _ in range(50):
        await worker.enqueue("t")
    await finish(worker)
    assert asked == ["all"]
    assert set(calls) == {()} and len(calls) > 50


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["worker-task:created", "worker-task:cancelled", "worker-task:*"])
def test_events_that_cannot_be_durable_are_refused_with_those_that_can(event: str) -> None:
    with pytest.raises(ConfigurationError, match=r"use worker-task:completed or worker-task:failed"):
        listener(event, durable="alerts")


def test_two_listeners_of_one_name_are_refused(workers: Workers) -> None:
    worker = workers.new()
    alerted(worker)
    with pytest.raises(ConfigurationError, match="'alerts' is the name of two listeners"):
        alerted(worker)


def test_options_of_a_durable_listener_need_its_name() -> None:
    with pytest.raises(ConfigurationError, match="durable="):
        listener("worker-task:failed", types="email:*")


def test_a_listener_of_no_event_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="needs the name of an event"):
        listener(durable="alerts")


def test_a_long_name_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at most 110 characters"):
        Subscription(name="x" * 111)


def test_a_module_that_is_included_twice_has_its_listener_once(workers: Workers) -> None:
    module = ModuleType("alerting")

    @listener("worker-task:failed", durable="alerts")
    async def alert(event: TaskFailed) -> None: ...

    module.alert = alert  # type: ignore[attr-defined]
    worker = workers.new()
    worker.include(module)
    worker.include(module)
    assert [each.name for each in worker._durable_listeners.subscriptions] == ["alerts"]

"""A service serves several queues, each with options of its own."""

from __future__ import annotations

import asyncio
import math
from types import ModuleType
from typing import Any

import pytest

from backstage import Backoff, CronTask, EnqueueTask, TaskContext, WorkerService, handler, listener, receiver
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState
from tests.every_store.conftest import OneStore
from tests.worker.workers import DEADLINE, until, until_some


async def enqueued(service: WorkerService, type: str, payload: Any = None, **options: Any) -> Task:
    task = await service.backstage.enqueue_task(EnqueueTask(type, payload, **options))
    assert isinstance(task, Task)
    return task


async def reached(service: WorkerService, task: Task, *states: TaskState) -> Task:
    async with asyncio.timeout(DEADLINE):
        while True:
            stored = await service.backstage.get_task(task.id)
            if stored.state in (states or FINAL_STATES):
                return stored
            await asyncio.sleep(0.005)


async def test_each_processor_serves_its_queue_and_nothing_else(store: OneStore) -> None:
    service = store.service()
    service.register_processor("mail", {"t": lambda: "mail"})
    service.register_processor("reports", {"t": lambda: "reports"})
    await service.start()
    tasks = [await enqueued(service, "t", queue=queue) for queue in ("reports", "mail", "elsewhere")]
    assert [(await reached(service, task)).result for task in tasks[:2]] == ["reports", "mail"]
    assert (await service.backstage.get_task(tasks[2].id)).state is TaskState.PENDING


async def test_each_processor_has_its_own_concurrency(store: OneStore) -> None:
    gate, running = asyncio.Event(), {"narrow": 0, "wide": 0}

    async def wait(context: TaskContext) -> None:
        running[context.task.queue] += 1
        await gate.wait()

    service = store.service()
    service.register_processor("narrow", {"t": wait}, concurrency=1)
    service.register_processor("wide", {"t": wait}, concurrency=3)
    await service.start()
    tasks = [await enqueued(service, "t", queue=queue) for queue in ("narrow", "wide") for _ in range(3)]
    await until(lambda: running == {"narrow": 1, "wide": 3})
    gate.set()
    for task in tasks:
        await reached(service, task)


async def test_each_processor_has_its_own_attempts_backoff_and_timeout(store: OneStore) -> None:
    runs: list[str] = []

    async def fail(context: TaskContext) -> None:
        runs.append(context.task.queue)
        raise ValueError

    async def hang() -> None:
        await asyncio.sleep(DEADLINE * 10)

    service = store.service(max_attempts=1)
    service.register_processor("stubborn", {"fail": fail}, max_attempts=3, backoff=Backoff.fixed(0.01))
    service.register_processor("strict", {"fail": fail, "hang": hang}, timeout=0.05)
    await service.start()
    stubborn = await enqueued(service, "fail", queue="stubborn")
    strict = await enqueued(service, "fail", queue="strict")
    hanging = await enqueued(service, "hang", queue="strict")
    for task in (stubborn, strict, hanging):
        assert (await reached(service, task)).state is TaskState.FAILED
    assert sorted(runs) == ["strict", *["stubborn"] * 3]


async def test_each_processor_keeps_what_it_says_and_other_queues_what_the_settings_say(store: OneStore) -> None:
    service = store.service(keep_completed=1, prune_interval=0.1)
    service.register_processor("few", {"t": lambda: None}, keep_completed=2)
    service.register_processor("all", {"t": lambda: None}, keep_completed=math.inf)
    service.register_processor("usual", {"t": lambda: None})
    await service.start()
    for queue in ("few", "all", "usual"):
        for _ in range(4):
            await reached(service, await enqueued(service, "t", queue=queue))
    stored: dict[str, int] = {}
    async with asyncio.timeout(DEADLINE):
        while stored != {"few": 2, "all": 4, "usual": 1}:
            counts = (await service.backstage.get_task_stats()).by_queue
            stored = {queue: each.completed - each.pruned for queue, each in counts.items()}
            await asyncio.sleep(0.02)
    assert (await service.backstage.get_task_stats()).completed == 12


async def test_dead_letters_are_seen_and_replayed_under_their_name(store: OneStore) -> None:
    healed: list[bool] = []

    def send() -> None:
        if not healed:
            raise ValueError("no such address")

    service = store.service(max_attempts=1)
    mail = service.register_processor("mail", {"send": send}, dead_letter_queue="mail-dead")
    other = service.register_processor("other", {"send": send})
    await service.start()
    task = await enqueued(service, "send", queue="mail")
    await reached(service, task, TaskState.FAILED)
    await reached(service, await enqueued(service, "send", queue="other"), TaskState.FAILED)
    dead = mail.dead_letters
    assert (dead.name, other.dead_letters.name, await dead.count()) == ("mail-dead", "other.dead", 1)
    assert [each.id for each in (await dead.find()).tasks] == [task.id]
    healed.append(True)
    assert await dead.replay() == 1
    assert (await reached(service, task, TaskState.COMPLETED)).attempt == 1
    assert (await dead.count(), await other.dead_letters.count()) == (0, 1)
    assert await other.dead_letters.purge() == 1
    assert await other.dead_letters.count() == 0


async def test_health_tells_of_each_processor_of_the_store_and_of_the_own_checks(store: OneStore) -> None:
    async def database() -> None:
        raise RuntimeError("no route to host")

    service = store.service(max_attempts=1, checks={"database": database, "cache": lambda: True})
    service.register_processor("mail", {"ok": lambda: None, "bad": lambda: 1 / 0})
    reports = service.register_processor("reports", {"ok": lambda: None})
    assert not (await service.get_health()).processors[0].healthy
    await service.start()
    await reached(service, await enqueued(service, "ok", queue="mail"))
    await reached(service, await enqueued(service, "bad", queue="mail"))
    await until(lambda: service.get_metrics()["mail"].processed == 2)
    await reports.pause()
    health = await service.get_health()
    assert not health.healthy
    assert (health.store.problem, health.checks["cache"].healthy) == (None, True)
    assert health.checks["database"].problem == "no route to host"
    assert [(each.queue, each.healthy, each.is_running, each.is_paused) for each in health.processors] == [
        ("mail", True, True, False),
        ("reports", True, True, True),
    ]
    metrics = health.document()["processors"][0]["metrics"]
    assert {name: metrics[name] for name in ("processed", "completed", "failed", "active")} == {
        "processed": 2,
        "completed": 1,
        "failed": 1,
        "active": 0,
    }
    assert (metrics["success_rate"], metrics["failure_rate"]) == (0.5, 0.5)
    assert metrics["average_processing_time"] is not None
    await service.backstage.pause_queue("mail")
    assert (await service.get_health()).processors[0].is_paused
    await service.stop()
    assert [each.healthy for each in (await service.get_health()).processors] == [False, False]


async def test_pausing_all_or_one_and_resuming(store: OneStore) -> None:
    service = store.service()
    mail = service.register_processor("mail", {"t": lambda: None})
    reports = service.register_processor("reports", {"t": lambda: None})
    await service.start()
    await service.pause_all()
    assert (mail.is_paused, reports.is_paused) == (True, True)
    waiting = [await enqueued(service, "t", queue=queue) for queue in ("mail", "reports")]
    await mail.resume()
    await reached(service, waiting[0])
    assert (await service.backstage.get_task(waiting[1].id)).state is TaskState.PENDING
    await service.resume_all()
    await reached(service, waiting[1])


async def test_a_module_may_bring_handlers_listeners_receivers_and_schedules(store: OneStore) -> None:
    got: list[Any] = []
    module = ModuleType("shop")
    vars(module).update(
        handle=handler("t")(lambda: got.append("handler")),
        listen=listener("worker-task:completed")(lambda event: got.append("listener")),
        receive=receiver("reload")(lambda: got.append("receiver")),
        yearly=CronTask("@yearly", "t", name="yearly"),
    )
    service = store.service()
    service.register_processor("mail").include(module)
    service.register_processor("other", {"u": lambda: None})
    await service.start()
    await enqueued(service, "t", queue="mail")
    await service.backstage.send_broadcast("reload")
    await until(lambda: len(got) >= 3)
    assert sorted(got) == ["handler", "listener", "receiver"]
    [schedule] = await until_some(service.backstage.list_schedules, 1)
    assert schedule.name == "yearly"


async def test_until_idle_it_waits_for_what_one_queue_puts_into_another(store: OneStore) -> None:
    ran: list[str] = []
    service = store.service(until_idle=True)

    async def first() -> None:
        await asyncio.sleep(0.1)
        await enqueued(service, "second", queue="late")

    service.register_processor("late", {"second": lambda: ran.append("second")})
    service.register_processor("early", {"first": first})
    container = await store.opened()
    await container.enqueue_task(EnqueueTask("first", queue="early"))
    await service.start()
    async with asyncio.timeout(DEADLINE):
        await service.wait()
    assert ran == ["second"]


async def test_stopping_lets_running_tasks_end_and_a_handler_may_ask_for_it(store: OneStore) -> None:
    service = store.service()
    ended: list[str] = []

    async def stop() -> None:
        await service.stop()
        ended.append("stop")

    service.register_processor("mail", {"stop": stop})
    await service.start()
    await enqueued(service, "stop", queue="mail")
    async with asyncio.timeout(DEADLINE):
        await service.wait()
    await service.stop()
    assert ended == ["stop"]


async def test_what_must_be_there_before_the_first_task_is_prepared(store: OneStore) -> None:
    steps: list[str] = []

    async def prepare() -> None:
        steps.append("prepared")

    service = store.service(before_start=prepare)
    service.register_processor("mail", {"t": lambda: steps.append("ran")})
    container = await store.opened()
    await container.enqueue_task(EnqueueTask("t", queue="mail"))
    await service.start()
    await until(lambda: len(steps) == 2)
    assert steps == ["prepared", "ran"]


async def test_a_service_whose_start_fails_may_be_started_again(store: OneStore) -> None:
    problems = [StorageUnavailableError("not yet")]

    def prepare() -> None:
        if problems:
            raise problems.pop()

    service = store.service(before_start=prepare)
    service.register_processor("mail", {"t": lambda: "ran"})
    with pytest.raises(StorageUnavailableError):
        await service.start()
    await service.start()
    assert (await reached(service, await enqueued(service, "t", queue="mail"))).result == "ran"

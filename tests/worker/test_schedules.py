"""Workers fire the schedules of their modules and of the store; a Scheduler does so without running tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from backstage import CronTask, Scheduler, Worker
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.worker import log_events
from tests.worker.workers import DEADLINE, Workers, found, memory, until, until_some

SOON = CronTask("every 1s", "t", name="soon")


def module_of(**members: Any) -> ModuleType:
    module = ModuleType("scheduled_handlers")
    vars(module).update(members)
    return module


async def no_handler() -> None:
    return None


@pytest.fixture
def entries() -> list[Any]:
    return []


@pytest.fixture
def untouched(own_directory: None) -> Iterator[None]:
    yield


# -- workers ---------------------------------------------------------------------------------------


async def test_a_cron_task_of_a_module_is_stored_and_its_tasks_run(any_workers: Workers, entries: list[Any]) -> None:
    ran: list[str] = []
    worker = any_workers.new(log_handler=entries.append)
    worker.include(module_of(every_second=SOON))
    worker.on("t", lambda: ran.append("t"))
    await worker.start()
    await until(lambda: len(ran) >= 2)
    [schedule] = await worker.backstage.list_schedules()
    assert schedule.cron == SOON
    tasks = sorted(await found(worker), key=lambda task: task.id)
    assert [task.metadata["tick"] for task in tasks] == sorted({task.metadata["tick"] for task in tasks})
    fired = [entry for entry in entries if entry["event"] == log_events.TICK_FIRED]
    assert (fired[0]["schedule"], fired[0]["type"], fired[0]["task_id"]) == ("soon", "t", tasks[0].id)


async def test_workers_on_one_store_fire_each_tick_once(any_workers: Workers) -> None:
    backend = memory() if any_workers.url == "memory://" else None
    workers = [any_workers.over(backend) if backend else any_workers.new() for _ in range(3)]
    for worker in workers:
        worker.include(module_of(every_second=SOON))
        worker.on("other", no_handler)
        await worker.start()

    async def ticks() -> list[Task]:
        return await found(workers[0])

    tasks = await until_some(ticks, 3)
    moments = sorted(task.scheduled_at for task in tasks)
    assert [(later - moments[0]).total_seconds() for later in moments] == [0, 1, 2]


async def test_a_schedule_that_is_added_while_a_worker_runs_fires(workers: Workers) -> None:
    worker = workers.new(schedule_interval=0.05)
    worker.on("t", no_handler)
    await worker.start()
    await worker.backstage.put_schedule(SOON)
    await until_some(lambda: found(worker, type="t"), 1)


async def test_a_worker_puts_its_schedules_once_and_leaves_later_edits_alone(workers: Workers) -> None:
    worker = workers.new(schedule_interval=0.05)
    worker.include(module_of(one=CronTask("@yearly", "t", name="n")))
    worker.on("t", no_handler)
    await worker.start()
    await until_some(worker.backstage.list_schedules, 1)
    edited = CronTask("every 1s", "t", name="n")
    await worker.backstage.put_schedule(edited)
    await until_some(lambda: found(worker, type="t"), 1)
    assert [schedule.cron for schedule in await worker.backstage.list_schedules()] == [edited]


async def test_without_schedules_the_store_is_asked_no_more_than_once_an_interval(workers: Workers) -> None:
    backend, asked = memory(), []
    find_all = backend.schedules.all

    async def counted() -> Any:
        asked.append(1)
        return await find_all()

    backend.schedules.all = counted  # type: ignore[method-assign]
    worker = workers.over(backend, until_idle=False, schedule_interval=3600.0)
    worker.on("t", no_handler)
    await worker.start()
    for _ in range(20):
        task = await worker.enqueue("t")
        assert task is not None
    await until_some(lambda: found(worker, states=frozenset({"completed"})), 20)
    assert len(asked) <= 2  # at the start, and after the first beat, which knows of no look before it


async def test_a_store_that_fails_is_asked_again_until_the_schedules_are_put(
    workers: Workers, entries: list[Any]
) -> None:
    backend, failures = memory(), iter([StorageUnavailableError("gone")] * 2)
    put = backend.schedules.put

    async def failing(cron: CronTask) -> Any:
        for error in failures:
            raise error
        return await put(cron)

    backend.schedules.put = failing  # type: ignore[method-assign]
    worker = workers.over(backend, log_handler=entries.append)
    worker.include(module_of(soon=SOON))
    worker.on("t", no_handler)
    await worker.start()
    await until_some(worker.backstage.list_schedules, 1)
    failed = [entry for entry in entries if entry["event"] == log_events.LOOP_FAILED]
    assert [(entry["loop"], entry["error"], list(failures)) for entry in failed] == [("scheduler", "gone", [])]


async def test_two_modules_may_hold_the_same_cron_task_but_not_two_of_one_name(workers: Workers) -> None:
    worker = workers.new()
    worker.include(module_of(one=SOON, two=SOON))
    worker.include(module_of(three=CronTask("every 1s", "t", name="soon")))
    with pytest.raises(ConfigurationError, match="'soon' is the name of two schedules"):
        worker.include(module_of(four=CronTask("every 2s", "t", name="soon")))


async def test_a_skipped_tick_is_told(workers: Workers, entries: list[Any]) -> None:
    worker = workers.new(log_handler=entries.append)
    worker.include(module_of(soon=CronTask("every 1s", "never", name="soon", overlap="skip")))
    worker.on("t", no_handler)
    await worker.start()
    await until(lambda: any(entry["event"] == log_events.TICK_SKIPPED for entry in entries))
    assert len(await found(worker)) == 1


# -- schedulers ------------------------------------------------------------------------------------


async def test_a_scheduler_stores_its_schedules_and_fires_until_it_is_stopped(untouched: None, url: str) -> None:
    stored = url if url != "memory://" else "sqlite:///own.db"
    scheduler = Scheduler(stored, schedules=[SOON, CronTask("0 0 * * *", "cleanup.daily")], silent=True)
    await scheduler.start()
    await scheduler.start()
    names = [schedule.name for schedule in await scheduler.backstage.list_schedules()]
    assert names == ["cleanup.daily 0 0 * * *", "soon"]
    async with Container.open(stored, silent=True) as other:

        async def tasks() -> list[Task]:
            return list((await other.find_tasks()).tasks)

        await until_some(tasks, 1)
        await scheduler.stop()
        await scheduler.stop()
        await asyncio.wait_for(scheduler.wait(), DEADLINE)
        assert {task.type for task in await tasks()} == {"t"}


async def test_a_scheduler_can_share_the_store_of_a_worker(workers: Workers) -> None:
    worker = workers.new()
    worker.on("t", no_handler)
    async with Scheduler(worker=worker, schedules=[SOON]):
        await until_some(lambda: found(worker), 1)
        await worker.start()
        await until_some(lambda: found(worker, states=frozenset({"completed"})), 1)
    assert await worker.enqueue("t") is not None  # its connection is still open


async def test_stopping_a_scheduler_that_waits_ends_the_waiting(untouched: None) -> None:
    scheduler = Scheduler("memory://", silent=True)
    await scheduler.start()
    waiting = asyncio.create_task(scheduler.wait())
    await scheduler.stop()
    await asyncio.wait_for(waiting, DEADLINE)


async def test_a_scheduler_takes_a_worker_or_a_store(workers: Workers) -> None:
    worker: Worker = workers.new()
    for options in ({"url": "memory://"}, {"schedule_interval": 1.0}):
        with pytest.raises(ConfigurationError, match="pass either it or them"):
            Scheduler(worker=worker, **options)  # type: ignore[arg-type]


async def test_wrong_schedules_are_refused_when_the_scheduler_is_made(untouched: None) -> None:
    with pytest.raises(ConfigurationError, match="is not a CronTask"):
        Scheduler("memory://", schedules=["@daily"])  # type: ignore[list-item]
    with pytest.raises(ConfigurationError, match="is the name of two schedules"):
        Scheduler("memory://", schedules=[CronTask("@daily", "t", "a"), CronTask("@daily", "t", "b")])


async def test_a_scheduler_whose_store_cannot_be_opened_says_so_and_may_be_started_again(
    untouched: None, tmp_path: Any
) -> None:
    folder = tmp_path / "later"
    scheduler = Scheduler(f"sqlite:///{folder}/tasks.db", schedules=[SOON], silent=True)
    with pytest.raises((ConfigurationError, StorageUnavailableError)):
        await scheduler.start()
    folder.mkdir()
    await scheduler.start()
    await scheduler.stop()


def test_the_interval_is_a_setting(monkeypatch: pytest.MonkeyPatch, untouched: None) -> None:
    assert Settings.load().schedule_interval == 10.0
    monkeypatch.setenv("BACKSTAGE_SCHEDULE_INTERVAL", "2.5")
    assert Settings.load().schedule_interval == 2.5

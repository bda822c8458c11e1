from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from backstage import Next, TaskContext, TaskResult, Worker
from backstage.domain.errors import ConfigurationError, StorageError
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.container import Container
from backstage.worker import log_events
from backstage.worker.watching.vital_signs import Phase
from tests.worker.workers import DEADLINE, Workers, attempts, memory, play, reached, until


async def stop(worker: Worker) -> None:
    async with asyncio.timeout(DEADLINE):
        await worker.stop()


async def stored(workers: Workers, worker: Worker, task: Task) -> Task:
    """The task as it is after the worker has disconnected."""
    if workers.url == "memory://":
        return await worker.backstage.get_task(task.id)
    async with Container.open(workers.url, silent=True) as backstage:
        return await backstage.get_task(task.id)


async def one_running(worker: Worker, handler: Any, **options: Any) -> Task:
    """Start the worker and return its one task, whose handler has begun."""
    started: list[Task] = []
    worker.events.on("worker-task:started", lambda event: started.append(event.task))
    worker.on("t", handler, **options)
    await worker.enqueue("t")
    await worker.start()
    await until(lambda: started)
    return started[0]


async def test_stop_lets_running_tasks_end_within_the_grace_period(any_workers: Workers) -> None:
    gate = asyncio.Event()

    async def waits() -> str:
        await gate.wait()
        return "done"

    worker = any_workers.new()
    task = await one_running(worker, waits)
    stopping = asyncio.create_task(worker.stop())
    asyncio.get_running_loop().call_later(0.05, gate.set)
    async with asyncio.timeout(DEADLINE):
        await stopping
    assert (await stored(any_workers, worker, task)).result == "done"


@pytest.mark.parametrize("swallows", [False, True])
async def test_what_outlasts_the_grace_period_goes_back_and_spends_no_attempt(
    any_workers: Workers, swallows: bool
) -> None:
    gate = asyncio.Event()

    async def waits() -> None:
        while True:
            try:
                await asyncio.sleep(0 if gate.is_set() else 60)
            except asyncio.CancelledError:
                if not swallows:
                    raise
            if gate.is_set():
                return

    worker = any_workers.new(grace_period=0.05)
    task = await one_running(worker, waits)
    await stop(worker)
    back = await stored(any_workers, worker, task)
    assert (back.state, back.attempt, back.deliveries) == (TaskState.PENDING, 0, 1)
    assert back.scheduled_at == task.scheduled_at
    assert worker.is_stuck is swallows
    gate.set()
    for each in asyncio.all_tasks() - {asyncio.current_task()}:
        each.cancel()


async def test_a_run_that_is_cut_off_and_may_run_at_most_once_is_a_dead_letter(workers: Workers) -> None:
    async def waits() -> None:
        await asyncio.sleep(60)

    worker = workers.new(grace_period=0.0)
    task = await one_running(worker, waits, max_attempts=1, max_deliveries=1)
    await stop(worker)
    ended = await stored(workers, worker, task)
    assert ended.last_failure is not None
    assert (ended.state, ended.last_failure.type) == (TaskState.FAILED, "CutOff")


async def test_a_thread_that_outlasts_the_grace_period_goes_back(workers: Workers) -> None:
    def waits() -> None:
        while True:
            time.sleep(0.001)

    worker = workers.new(grace_period=0.05)
    task = await one_running(worker, waits)
    await stop(worker)
    back = await worker.backstage.get_task(task.id)
    assert (back.state, back.attempt) == (TaskState.PENDING, 0)


async def test_a_thread_in_one_long_call_is_left_behind_and_its_task_goes_back(workers: Workers) -> None:
    gate, entries = threading.Event(), list[Any]()
    worker = workers.new(grace_period=0.05, log_handler=entries.append)
    task = await one_running(worker, lambda: gate.wait(DEADLINE))
    await stop(worker)
    assert [entry["task_id"] for entry in entries if entry["event"] == log_events.HANDLER_STUCK] == [task.id]
    back = await worker.backstage.get_task(task.id)
    assert (back.state, back.attempt) == (TaskState.PENDING, 0)
    assert worker.is_stuck
    gate.set()
    await until(lambda: not worker.is_stuck)


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_handler_that_winds_up_for_a_shutdown_did_not_fail(any_workers: Workers, is_async: bool) -> None:
    async def on_loop(context: TaskContext) -> TaskResult:
        while not context.is_shutting_down():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return TaskResult(success=False, error="was asked to stop")

    def in_thread(context: TaskContext) -> TaskResult:
        while not context.should_stop():
            time.sleep(0.005)
        return TaskResult(success=False)

    worker = any_workers.new()
    task = await one_running(worker, on_loop if is_async else in_thread)
    await stop(worker)
    back = await stored(any_workers, worker, task)
    assert (back.state, back.attempt, back.last_failure) == (TaskState.PENDING, 0, None)


async def test_a_handler_that_really_fails_during_a_shutdown_did_fail(workers: Workers) -> None:
    async def fails(context: TaskContext) -> TaskResult:
        while not context.is_shutting_down():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        raise ValueError

    worker = workers.new()
    task = await one_running(worker, fails, max_attempts=1)
    await stop(worker)
    assert (await worker.backstage.get_task(task.id)).state is TaskState.FAILED


async def test_nothing_is_claimed_after_stop(workers: Workers) -> None:
    gate = asyncio.Event()
    worker = workers.new(concurrency=5)

    async def waits() -> None:
        await gate.wait()

    await one_running(worker, waits)
    stopping = asyncio.create_task(worker.stop())
    while not worker._runtime or not worker._runtime._slots.is_closing:  # noqa: ASYNC110
        await asyncio.sleep(0)
    late = await worker.enqueue("t")
    assert late is not None
    gate.set()
    async with asyncio.timeout(DEADLINE):
        await stopping
    assert await worker.backstage.get_task(late.id) == late


async def test_prefetched_tasks_go_back_at_once(any_workers: Workers) -> None:
    gate = asyncio.Event()
    released = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    worker = any_workers.new(concurrency=1, prefetch=2)
    worker.events.on("worker-task:released", lambda event: released.set())
    worker.on("t", waits)
    started = asyncio.Event()
    worker.events.on("worker-task:started", lambda event: started.set())
    tasks = [await worker.enqueue("t") for _ in range(3)]
    await worker.start()
    async with asyncio.timeout(DEADLINE):
        await started.wait()
    for task in tasks:
        await reached(worker, task, TaskState.RUNNING)
    stopping = asyncio.create_task(worker.stop())
    async with asyncio.timeout(DEADLINE):
        await released.wait()  # while the first one still runs
        assert not stopping.done()
        gate.set()
        await stopping
    ends = [await stored(any_workers, worker, task) for task in tasks if task is not None]
    assert sorted(end.state for end in ends) == ["completed", "pending", "pending"]
    assert [end.attempt for end in ends if end.state is TaskState.PENDING] == [0, 0]


async def test_a_released_task_is_taken_up_by_the_next_worker(any_workers: Workers) -> None:
    first = any_workers.new(grace_period=0.0)
    task = await one_running(first, asyncio.Event().wait)
    if any_workers.url == "memory://":
        second = any_workers.over(first.backstage.backend, until_idle=True)
    else:
        second = any_workers.new(until_idle=True)
    second.on("t", lambda context: [context.attempt, context.fence])
    await stop(first)
    await play(second, "t")
    assert (await second.backstage.get_task(task.id)).result == [1, 2]
    assert [each.outcome for each in await attempts(second, task)] == [OutcomeKind.RELEASED, OutcomeKind.COMPLETED]


async def test_the_outcome_and_its_chain_are_stored_before_stop_returns(any_workers: Workers) -> None:
    worker = any_workers.new()

    async def chains(context: TaskContext) -> Next:
        while not context.is_shutting_down():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return Next("later", delay=3600)

    task = await one_running(worker, chains)
    heard: list[str] = []
    worker.events.on("worker-task:*", lambda event: heard.append(event.name))
    await stop(worker)
    assert (await stored(any_workers, worker, task)).state is TaskState.COMPLETED
    assert heard == ["worker-task:completed", "worker-task:created"]


async def test_stop_before_start_and_twice_is_harmless(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    await stop(worker)
    await stop(worker)
    worker.on("t", lambda: "ran")
    assert (await play(worker, "t")).result == "ran"
    await stop(worker)
    await stop(worker)


async def test_stop_may_be_called_by_several_at_once(any_workers: Workers) -> None:
    worker = any_workers.new(grace_period=0.05)
    await one_running(worker, asyncio.Event().wait)
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(worker.stop() for _ in range(5)))


async def test_a_cancelled_stop_stops_all_the_same(workers: Workers) -> None:
    gate = asyncio.Event()
    worker = workers.new()
    task = await one_running(worker, gate.wait)
    impatient = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()
    await stop(worker)
    assert (await worker.backstage.get_task(task.id)).state is TaskState.COMPLETED


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_handler_may_stop_its_worker(any_workers: Workers, is_async: bool) -> None:
    worker = any_workers.new()
    loop = asyncio.get_running_loop()

    async def on_loop() -> str:
        await worker.stop()
        return "stopped it"

    def in_thread() -> str:
        asyncio.run_coroutine_threadsafe(worker.stop(), loop).result(DEADLINE)
        return "stopped it"

    worker.on("t", on_loop if is_async else in_thread)
    task = await worker.enqueue("t")
    assert task is not None
    async with asyncio.timeout(DEADLINE):
        await worker.run()
    assert (await stored(any_workers, worker, task)).result == "stopped it"


async def test_a_handler_may_stop_another_worker(workers: Workers) -> None:
    other = workers.new()
    await other.start()

    async def stops() -> None:
        await other.stop()

    task = await workers.run(stops)
    assert task.state is TaskState.COMPLETED
    assert other._running is not None and other._running.done()


async def test_the_second_signal_skips_the_grace_period(workers: Workers) -> None:
    worker = workers.new(grace_period=60.0)
    task = await one_running(worker, asyncio.Event().wait)
    assert worker._runtime is not None
    worker._runtime.stop()
    worker._runtime.stop_now()
    await stop(worker)
    assert (await worker.backstage.get_task(task.id)).state is TaskState.PENDING


async def test_start_is_refused_a_second_time(any_workers: Workers) -> None:
    worker = any_workers.new()
    await worker.start()
    with pytest.raises(ConfigurationError, match="was started already"):
        await worker.start()
    await stop(worker)
    with pytest.raises(ConfigurationError, match="make a new Worker"):
        await worker.start()


async def test_of_two_starts_at_once_one_is_refused(any_workers: Workers) -> None:
    worker = any_workers.new()
    answers = await asyncio.gather(worker.start(), worker.start(), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["ConfigurationError", "NoneType"]


async def test_a_worker_whose_store_could_not_be_reached_can_start_later(tmp_path: Any, own_directory: None) -> None:
    folder = tmp_path / "made later"
    workers = Workers(f"sqlite:///{folder}/tasks.db")
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: "ran")
    folder.write_text("a file where the folder should be")
    with pytest.raises((StorageError, ConfigurationError)):
        await worker.start()
    with pytest.raises((StorageError, ConfigurationError)):
        await worker.enqueue("t")
    folder.unlink()
    folder.mkdir()
    assert (await play(worker, "t")).result == "ran"
    await workers.stop()


def test_a_url_that_names_no_store_is_refused_when_the_worker_is_made() -> None:
    with pytest.raises(ConfigurationError, match="no backend has the scheme 'nosuch'"):
        Worker("nosuch://localhost")


async def test_a_worker_that_broke_while_starting_can_start_later(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: "ran")
    backend: Any = worker.backstage.backend
    subscribe, backend.wakeup = backend.wakeup, _refuse
    with pytest.raises(StorageError, match="no wake-ups"):
        await worker.start()
    backend.wakeup = subscribe
    assert (await play(worker, "t")).result == "ran"


def _refuse(name: str) -> Any:
    raise StorageError("no wake-ups")


async def test_used_as_a_context_the_worker_stops_in_the_end(any_workers: Workers) -> None:
    async with any_workers.new() as worker:
        worker.on("t", lambda: None)
        await worker.start()
    assert worker._running is not None and worker._running.done()


async def test_pause_before_start_says_what_to_do(workers: Workers) -> None:
    with pytest.raises(ConfigurationError, match=r"call start\(\) first"):
        workers.new().pause()


async def test_a_beat_that_is_under_way_does_not_bring_a_stopped_worker_back(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, begun, gate = memory(), asyncio.Event(), asyncio.Event()
    beat = backend.registry.beat

    async def taken(worker: WorkerInfo) -> None:
        await gate.wait()
        await beat(worker)

    async def slow_beat(worker: WorkerInfo) -> None:
        begun.set()
        await asyncio.shield(asyncio.ensure_future(taken(worker)))  # a server has it: cancelling calls nothing back

    monkeypatch.setattr(backend.registry, "beat", slow_beat)
    worker = workers.over(backend)
    worker.on("t", lambda: None)
    await worker.start()
    await begun.wait()
    stopping = asyncio.create_task(stop(worker))
    await until(lambda: worker.vital_signs().phase is Phase.STOPPING)
    for _ in range(100):  # in which it would leave, if it did not wait for the beat
        await asyncio.sleep(0)
    gate.set()
    await stopping
    assert await backend.registry.workers(seen_within=60.0) == []

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable
from typing import Any

import pytest

from backstage import Backoff, Queue, TaskContext
from backstage.domain.task_state import TaskState
from backstage.worker.handling.middleware import Run
from tests.worker.workers import DEADLINE, Workers, attempts, memory, play, until

NOW = Backoff.fixed(0)


async def test_an_async_handler_is_cancelled_at_its_hard_timeout(any_workers: Workers) -> None:
    ended = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")

    worker = any_workers.new(until_idle=True)
    worker.on("t", slow, timeout=0.05, max_attempts=2, backoff=NOW)
    task = await play(worker, "t")
    assert (task.state, task.attempt, ended) == (TaskState.FAILED, 2, ["cleaned up"] * 2)
    assert str(task.last_failure) == "TaskTimeout: the handler ran longer than its 0.05 s"


async def test_a_thread_is_interrupted_at_its_hard_timeout(workers: Workers) -> None:
    ended = []

    def spins() -> None:
        try:
            while True:
                time.sleep(0.001)
        finally:
            ended.append("cleaned up")

    task = await workers.run(spins, timeout=0.05, max_attempts=1)
    assert (task.state, ended) == (TaskState.FAILED, ["cleaned up"])
    assert task.last_failure is not None and task.last_failure.type == "TaskTimeout"


async def test_a_thread_inside_one_long_call_times_out_without_waiting_for_it(workers: Workers) -> None:
    gate = threading.Event()
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: gate.wait(DEADLINE), timeout=0.05, max_attempts=1)
    task = await play(worker, "t")
    assert task.state is TaskState.FAILED
    assert worker.is_stuck
    gate.set()
    await until(lambda: not worker.is_stuck)


async def test_a_worker_claims_again_once_its_abandoned_threads_have_ended(workers: Workers) -> None:
    gate = threading.Event()
    worker = workers.new(concurrency=1, prefetch=1)
    worker.on("stuck", lambda: gate.wait(DEADLINE), timeout=0.05, max_attempts=1)
    worker.on("next", lambda: "ran")
    started: list[str] = []
    worker.events.on("worker-task:started", lambda event: started.append(event.task.type))
    failed = asyncio.Event()
    worker.events.on("worker-task:failed", lambda event: failed.set())
    completed = asyncio.Event()
    worker.events.on("worker-task:completed", lambda event: completed.set())
    await worker.enqueue("stuck", priority=1)
    await worker.enqueue("next")
    await worker.start()
    async with asyncio.timeout(DEADLINE):
        await failed.wait()
        assert started == ["stuck"]  # the thread takes up the only slot
        gate.set()
        await completed.wait()


async def test_a_timeout_error_of_the_handler_is_its_own(workers: Workers) -> None:
    async def raises() -> None:
        raise TimeoutError("the server did not answer")

    task = await workers.run(raises, timeout=60, max_attempts=1)
    assert str(task.last_failure) == "TimeoutError: the server did not answer"


async def test_a_handler_that_swallows_its_timeout_keeps_what_it_returns(workers: Workers) -> None:
    async def swallows() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "late"
        return "never"

    task = await workers.run(swallows, timeout=0.05, max_attempts=1)
    assert (task.state, task.result) == (TaskState.COMPLETED, "late")


@pytest.mark.parametrize(
    ("task", "handler", "queue", "worker", "limit"),
    [
        (0.04, 60, 60, 60, "0.04"),
        (None, 0.04, 60, 60, "0.04"),
        (None, None, 0.04, 60, "0.04"),
        (None, None, None, 0.04, "0.04"),
    ],
)
async def test_the_timeout_is_the_tasks_else_handlers_else_queues_else_workers(
    workers: Workers, task: float | None, handler: float | None, queue: float | None, worker: float, limit: str
) -> None:
    async def slow() -> None:
        await asyncio.sleep(60)

    runner = workers.new(until_idle=True, queues=[Queue("q", hard_timeout=queue)], timeout=worker)
    runner.on("t", slow, timeout=handler, max_attempts=1)
    ended = await play(runner, "t", queue="q", timeout=task)
    assert str(ended.last_failure) == f"TaskTimeout: the handler ran longer than its {limit} s"


async def wind_up(context: TaskContext) -> str:
    while not context.should_stop():  # noqa: ASYNC110 - the handler's part of the agreement
        await asyncio.sleep(0.005)
    return f"soft timeout {context.is_over_soft_timeout()}"


def wind_up_in_thread(context: TaskContext) -> str:
    while not context.is_over_soft_timeout():
        time.sleep(0.005)
    return "soft timeout True"


@pytest.mark.parametrize("handler", [wind_up, wind_up_in_thread])
async def test_a_handler_is_told_when_its_soft_timeout_is_over(workers: Workers, handler: Any) -> None:
    task = await workers.run(handler, soft_timeout=0.05, timeout=DEADLINE)
    assert (task.state, task.result) == (TaskState.COMPLETED, "soft timeout True")


@pytest.mark.parametrize(
    ("task", "handler", "queue", "worker"),
    [(0.02, 60, 60, 60), (None, 0.02, 60, 60), (None, None, 0.02, 60), (None, None, None, 0.02)],
)
async def test_the_soft_timeout_is_the_tasks_else_handlers_else_queues_else_workers(
    workers: Workers, task: float | None, handler: float | None, queue: float | None, worker: float
) -> None:
    runner = workers.new(until_idle=True, queues=[Queue("q", soft_timeout=queue)], soft_timeout=worker)
    runner.on("t", wind_up, soft_timeout=handler, timeout=DEADLINE)
    assert (await play(runner, "t", queue="q", soft_timeout=task)).result == "soft timeout True"


class OwnSignals:
    """What a middleware may put around the signals of a run."""

    def __init__(self, context: TaskContext) -> None:
        self.is_shutting_down = context.is_shutting_down
        self.is_cancel_requested = context.is_cancel_requested
        self.is_over_soft_timeout = context.is_over_soft_timeout
        self.report_progress = context.progress
        self.heartbeat = context.heartbeat


def in_a_context_of_its_own(run: Run) -> Run:
    def replaced(context: TaskContext) -> Awaitable[Any]:
        return run(TaskContext(context.task, context.worker_id, context.logger, OwnSignals(context)))

    return replaced


@pytest.mark.parametrize("limits", [{"timeout": 0.05}, {"soft_timeout": 0.02, "timeout": DEADLINE}])
async def test_a_run_is_held_to_its_timeouts_in_whatever_context_a_middleware_runs_it(
    workers: Workers, limits: dict[str, float]
) -> None:
    worker = workers.new(until_idle=True)
    worker.use(in_a_context_of_its_own)
    worker.on("t", wind_up, max_attempts=1, **limits)
    task = await play(worker, "t")
    ended = task.result if task.last_failure is None else task.last_failure.type
    assert ended == ("soft timeout True" if "soft_timeout" in limits else "TaskTimeout")


async def test_a_hard_timeout_after_the_soft_one_still_cancels(workers: Workers) -> None:
    async def ignores(context: TaskContext) -> None:
        await asyncio.sleep(60)

    worker = workers.new(until_idle=True)
    worker.on("t", ignores, soft_timeout=0.01, timeout=0.05, max_attempts=1)
    task = await play(worker, "t")
    [record] = await attempts(worker, task)
    assert record.failure is not None and record.failure.type == "TaskTimeout"


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_worker_whose_slots_are_all_hung_says_which_handlers_do_it(workers: Workers, is_async: bool) -> None:
    gate = threading.Event()
    is_over = asyncio.Event()

    async def swallows() -> None:
        while not is_over.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await is_over.wait()

    log: list[dict[str, Any]] = []
    worker = workers.over(memory(), concurrency=2, log_handler=log.append)
    worker.on("deaf", swallows if is_async else lambda: gate.wait(DEADLINE), timeout=0.05, max_attempts=1)
    for _ in range(2):
        await worker.enqueue("deaf")
    await worker.start()
    await until(lambda: worker.vital_signs().all_hung_for > 0)
    signs = worker.vital_signs()
    assert (signs.hung, signs.hang) == (
        ("deaf", "deaf"),
        "all 2 slots are taken by handlers that do not end: deaf",
    )
    [line] = [line for line in log if line["event"] == "slots_hung"]
    assert (line["types"], line["level"]) == (["deaf"], "error")
    gate.set()
    is_over.set()
    await until(lambda: not worker.vital_signs().hung)
    await until(lambda: worker.vital_signs().all_hung_for == 0)

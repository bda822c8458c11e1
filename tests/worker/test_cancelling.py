from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from backstage import Backoff, TaskContext
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task_state import TaskState
from tests.worker.workers import DEADLINE, Workers, attempts, play, reached, until


async def test_a_pending_task_is_cancelled_at_once_and_never_runs(any_workers: Workers) -> None:
    ran: list[Any] = []
    worker = any_workers.new(until_idle=True)

    @worker.on("t")
    def note(payload: str) -> None:
        ran.append(payload)

    task = await worker.enqueue("t", "cancelled")
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    await play(worker, "t", "other")
    assert ran == ["other"]
    assert (await worker.backstage.get_task(task.id)).state is TaskState.CANCELLED


async def test_a_scheduled_task_can_be_cancelled_before_it_is_due(any_workers: Workers) -> None:
    worker = any_workers.new()
    task = await worker.schedule("t", {}, 3600)
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    assert (await worker.backstage.get_task(task.id)).state is TaskState.CANCELLED


async def test_a_running_async_handler_is_cancelled(any_workers: Workers) -> None:
    events = []
    started = asyncio.Event()

    async def waits() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            events.append("cleaned up")

    worker = any_workers.new()
    worker.on("t", waits)
    await worker.start()
    task = await worker.enqueue("t")
    await started.wait()
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    ended = await reached(worker, task)
    [record] = await attempts(worker, ended)
    assert (ended.state, record.outcome, events) == (TaskState.CANCELLED, OutcomeKind.CANCELLED, ["cleaned up"])


@pytest.mark.parametrize("asks", [True, False])
async def test_a_running_thread_is_told_and_interrupted(workers: Workers, asks: bool) -> None:
    started, seen = threading.Event(), []

    def waits(context: TaskContext) -> None:
        started.set()
        try:
            while not (asks and context.is_cancel_requested()):
                time.sleep(0.001)
        finally:
            seen.append(context.is_cancel_requested())

    worker = workers.new()
    worker.on("t", waits)
    await worker.start()
    task = await worker.enqueue("t")
    await until(started.is_set)
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    assert (await reached(worker, task)).state is TaskState.CANCELLED
    assert seen == [True]


async def test_a_handler_that_ends_well_before_it_hears_of_the_cancel_completes(workers: Workers) -> None:
    gate, started = asyncio.Event(), asyncio.Event()

    async def waits() -> str:
        started.set()
        await gate.wait()
        return "done"

    worker = workers.new(control_interval=60.0, lease=3600.0)
    worker.on("t", waits)
    await worker.start()
    task = await worker.enqueue("t")
    await started.wait()
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    gate.set()
    assert (await reached(worker, task)).state is TaskState.COMPLETED


async def test_a_cancelled_task_that_fails_is_not_retried(any_workers: Workers) -> None:
    gate, started = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        started.set()
        await gate.wait()
        raise ValueError

    worker = any_workers.new(control_interval=60.0, lease=3600.0)
    worker.on("t", fails, backoff=Backoff.fixed(0))
    await worker.start()
    task = await worker.enqueue("t")
    await started.wait()
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    gate.set()
    ended = await reached(worker, task)
    assert (ended.state, ended.attempt) == (TaskState.CANCELLED, 1)
    await until(lambda: worker.metrics.of("default", "t").processed)
    lane = worker.metrics.of("default", "t")
    assert (lane.cancelled, lane.retried) == (1, 0)


async def test_a_handler_that_swallows_its_cancel_keeps_what_it_returns(workers: Workers) -> None:
    started = asyncio.Event()

    async def swallows() -> str:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "too late"
        return "never"

    worker = workers.new()
    worker.on("t", swallows)
    await worker.start()
    task = await worker.enqueue("t")
    await started.wait()
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    ended = await reached(worker, task)
    assert (ended.state, ended.result) == (TaskState.COMPLETED, "too late")


async def test_a_task_that_waits_for_a_slot_is_cancelled(workers: Workers) -> None:
    gate = asyncio.Event()
    ran: list[Any] = []

    async def waits(payload: Any) -> None:
        ran.append(payload)
        await gate.wait()

    worker = workers.new(concurrency=1, prefetch=1)
    worker.on("t", waits)
    await worker.enqueue("t", 1, priority=1)
    task = await worker.enqueue("t", 2)
    await worker.start()
    await reached(worker, task, TaskState.RUNNING)
    assert task is not None
    await worker.backstage.cancel_task(task.id)
    assert (await reached(worker, task)).state is TaskState.CANCELLED
    assert await worker.backstage.get_attempts(task.id) == []
    gate.set()
    async with asyncio.timeout(DEADLINE):
        await worker.stop()
    assert ran == [1]

"""What a run costs the worker, in calls of Python functions: the machine and its load do not change those."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from backstage import EnqueueTask, Worker
from tests.own_process import CountedCalls, in_own_process

CALLS = 78
"""A task, of all that its drain from the memory store calls."""
BYTES = 700
"""A task, of the most that a drain takes at a time: nearly all of it is what the memory store keeps of an ended one."""


async def no_op(payload: Any) -> None:
    pass


def _worker() -> Worker:
    worker = Worker("memory://", silent=True, until_idle=True, concurrency=100, prefetch=1000)
    worker.on("t", no_op)
    return worker


async def _drain(worker: Worker, tasks: int) -> None:
    await worker.start()
    await worker.wait()
    assert worker.metrics.completed == tasks


async def calls_of_drains(few: int, many: int) -> tuple[int, int]:
    await _calls_of_a_drain(1)  # loads what is loaded once
    return await _calls_of_a_drain(few), await _calls_of_a_drain(many)


async def _calls_of_a_drain(tasks: int) -> int:
    async with _worker() as worker:
        await worker.backstage.enqueue_tasks([EnqueueTask("t", {"n": n}) for n in range(tasks)])
        with CountedCalls() as calls:
            await _drain(worker, tasks)
    return calls.number


def test_a_task_costs_so_many_calls_and_no_more() -> None:
    few, many = 200, 600
    of_few, of_many = in_own_process(calls_of_drains, few, many)
    a_task = (of_many - of_few) / (many - few)
    assert 0.85 * CALLS < a_task < 1.1 * CALLS, f"{a_task:.1f} calls a task: if it is less, lower the figure here"


def test_a_run_leaves_nothing_to_the_garbage_collector() -> None:
    tasks = 300
    found = in_own_process(objects_left_by_a_drain, tasks)
    assert found < tasks, f"{found} objects of {tasks} runs hold one another"


async def objects_left_by_a_drain(tasks: int) -> int:
    await _objects_left_by_a_drain(1)  # loads what is loaded once
    return await _objects_left_by_a_drain(tasks)


async def _objects_left_by_a_drain(tasks: int) -> int:
    async with _worker() as worker:
        await worker.backstage.enqueue_tasks([EnqueueTask("t", {"n": n}) for n in range(tasks)])
        gc.collect()
        gc.disable()
        try:
            await _drain(worker, tasks)
            return gc.collect()
        finally:
            gc.enable()


def test_a_task_takes_so_many_bytes_and_no_more() -> None:
    few, many = 200, 600
    of_few, of_many = in_own_process(bytes_of_drains, few, many)
    a_task = (of_many - of_few) / (many - few)
    assert 0.7 * BYTES < a_task < 1.2 * BYTES, f"{a_task:.0f} bytes a task: if it is less, lower the figure here"


async def bytes_of_drains(few: int, many: int) -> tuple[int, int]:
    await _bytes_of_a_drain(1)  # loads what is loaded once
    return await _bytes_of_a_drain(few), await _bytes_of_a_drain(many)


async def _bytes_of_a_drain(tasks: int) -> int:
    async with _worker() as worker:
        await worker.backstage.enqueue_tasks([EnqueueTask("t", {"n": n}) for n in range(tasks)])
        gc.collect()
        tracemalloc.start()
        try:
            await _drain(worker, tasks)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

"""What a run costs the worker, in calls of Python functions: the machine and its load do not change those."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from types import FrameType
from typing import Any

from backstage import EnqueueTask, Worker

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


async def _calls_of_a_drain(tasks: int) -> int:
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    async with _worker() as worker:
        await worker.backstage.enqueue_tasks([EnqueueTask("t", {"n": n}) for n in range(tasks)])
        sys.setprofile(count)
        try:
            await _drain(worker, tasks)
        finally:
            sys.setprofile(None)
    return calls


async def test_a_task_costs_so_many_calls_and_no_more() -> None:
    few, many = 200, 600
    await _calls_of_a_drain(1)  # loads what is loaded once
    least = await _calls_of_a_drain(few)
    a_task = (await _calls_of_a_drain(many) - least) / (many - few)
    assert 0.85 * CALLS < a_task < 1.1 * CALLS, f"{a_task:.1f} calls a task: if it is less, lower the figure here"


async def test_a_run_leaves_nothing_to_the_garbage_collector() -> None:
    tasks = 300
    async with _worker() as worker:
        await worker.backstage.enqueue_tasks([EnqueueTask("t", {"n": n}) for n in range(tasks)])
        gc.collect()
        gc.disable()
        try:
            await _drain(worker, tasks)
            found = gc.collect()
        finally:
            gc.enable()
    assert found < tasks, f"{found} objects of {tasks} runs hold one another"


async def test_a_task_takes_so_many_bytes_and_no_more() -> None:
    few, many = 200, 600
    await _calls_of_a_drain(1)  # loads what is loaded once
    least = await _bytes_of_a_drain(few)
    a_task = (await _bytes_of_a_drain(many) - least) / (many - few)
    assert 0.7 * BYTES < a_task < 1.2 * BYTES, f"{a_task:.0f} bytes a task: if it is less, lower the figure here"


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

"""A worker does what it is told through the store."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any

from backstage import Worker
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo
from backstage.worker import log_events
from backstage.worker.watching import memory as watched_memory
from backstage.worker.watching.longest_lag import INTERVAL, LongestLag
from backstage.worker.watching.stacks import MOST_BYTES, stacks_text
from tests.worker.workers import DEADLINE, Workers, memory, reached, until

LEASE = 0.6  # a beat each 0.2 s


async def seen(worker: Worker, is_so: Callable[[WorkerInfo], bool]) -> WorkerInfo:
    """Return the worker as the store has it once it is so."""
    async with asyncio.timeout(DEADLINE):
        while True:
            for each in await worker.backstage.list_workers():
                if is_so(each):
                    return each
            await asyncio.sleep(0.01)


async def test_a_quiet_worker_finishes_what_runs_and_claims_nothing_until_it_is_resumed(
    any_workers: Workers,
) -> None:
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    worker = any_workers.new(lease=LEASE, concurrency=5)
    worker.on("waits", waits)
    running = await worker.enqueue("waits")
    await worker.start()
    await reached(worker, running, TaskState.RUNNING)
    await seen(worker, lambda each: each.takes_orders)
    asked = await worker.backstage.quiet_worker(worker.worker_id)
    assert (asked.id, asked.state) == (worker.worker_id, "running")
    assert (await seen(worker, lambda each: each.is_quiet)).state == "quiet"
    later = await worker.enqueue("waits")
    gate.set()
    await reached(worker, running, TaskState.COMPLETED)
    explained = await worker.backstage.explain(later.id)  # type: ignore[union-attr]
    assert [reason.kind for reason in explained.reasons] == ["quiet_workers"]
    assert worker.worker_id in explained.sentence
    await worker.backstage.resume_worker(worker.worker_id)
    await reached(worker, later, TaskState.COMPLETED)


async def test_a_quiet_worker_gives_back_what_it_has_claimed_ahead(workers: Workers) -> None:
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    worker = workers.new(lease=LEASE, concurrency=1, prefetch=5)
    worker.on("waits", waits)
    tasks = [await worker.enqueue("waits") for _ in range(4)]
    await worker.start()
    await until(lambda: worker.vital_signs().waiting == 3)
    await seen(worker, lambda each: each.takes_orders)
    await worker.backstage.quiet_worker(worker.worker_id)
    await until(lambda: worker.vital_signs().is_paused)
    for task in tasks[1:]:
        assert (await reached(worker, task, TaskState.PENDING)).attempt == 0
    gate.set()


async def test_resuming_leaves_a_worker_paused_that_its_own_program_has_paused(workers: Workers) -> None:
    told: list[dict[str, Any]] = []
    worker = workers.new(lease=LEASE, silent=False, log_handler=told.append)
    worker.on("t", lambda: None)
    await worker.start()
    await seen(worker, lambda each: each.takes_orders)
    await worker.backstage.quiet_worker(worker.worker_id)
    await until(lambda: worker.vital_signs().is_paused)
    worker.resume()
    assert worker.vital_signs().is_paused
    worker.pause()
    await worker.backstage.resume_worker(worker.worker_id)
    await until(lambda: [each.get("order") for each in told if "order" in each] == ["quiet", "work"])
    assert worker.vital_signs().is_paused
    worker.resume()
    assert not worker.vital_signs().is_paused


async def test_a_stopped_worker_ends_as_by_a_signal_and_is_forgotten(any_workers: Workers) -> None:
    told: list[dict[str, Any]] = []
    done: list[int] = []

    async def counts() -> None:
        done.append(1)

    worker = any_workers.new(lease=LEASE, silent=False, log_handler=told.append)
    worker.on("t", counts)
    await worker.start()
    await seen(worker, lambda each: each.takes_orders)
    await worker.backstage.stop_worker(worker.worker_id.rpartition(".")[2])
    async with asyncio.timeout(DEADLINE):
        await worker.wait()
    assert await worker.backstage.list_workers() == []
    [ordered] = [entry for entry in told if entry["event"] == log_events.WORKER_ORDERED]
    assert (ordered["worker_id"], ordered["order"]) == (worker.worker_id, "stop")
    assert log_events.WORKER_STOPPED in [entry["event"] for entry in told]


async def test_a_worker_tells_where_its_threads_and_tasks_stand(workers: Workers) -> None:
    gate, held = asyncio.Event(), threading.Event()

    async def waits_for_the_gate() -> None:
        await gate.wait()

    def holds_a_thread() -> None:
        held.wait(DEADLINE)

    worker = workers.new(lease=LEASE)
    worker.on("a", waits_for_the_gate)
    worker.on("b", holds_a_thread)
    for task_type in "ab":
        await worker.enqueue(task_type, {"secret": "of nobody's business"})
    await worker.start()
    await until(lambda: worker.vital_signs().running == 2)
    await seen(worker, lambda each: each.takes_orders)
    both = await asyncio.gather(*(worker.backstage.get_worker_stacks(worker.worker_id) for _ in range(2)))
    assert both[0] is not None
    assert both[0] == both[1]
    assert "await gate.wait()" in both[0].text
    assert "held.wait(DEADLINE)" in both[0].text
    assert "thread MainThread" in both[0].text
    assert "nobody's business" not in both[0].text
    gate.set()
    held.set()


async def test_a_worker_that_does_not_answer_has_no_stacks(workers: Workers) -> None:
    backend = memory()
    worker = workers.over(backend)
    now = backend.clock.now()
    silent = WorkerInfo(
        id="silent", host="h", pid=1, started_at=now, seen_at=now, concurrency=1, queues=(), types=(), python="3.12.1"
    )
    await backend.registry.beat(silent)
    assert await worker.backstage.get_worker_stacks("silent", timeout=0.01) is None


async def test_a_worker_tells_of_its_memory_and_how_late_its_event_loop_came(workers: Workers) -> None:
    worker = workers.new(lease=LEASE)
    worker.on("t", lambda: None)
    await worker.start()
    told = await seen(worker, lambda each: each.takes_orders)
    assert told.memory is not None
    assert told.memory > 1_000_000
    assert told.loop_lag is not None
    assert told.python is not None
    assert told.order == "work"


async def test_the_longest_lag_is_told_once() -> None:
    lag, loop, busy = LongestLag(), asyncio.get_running_loop(), asyncio.Event()
    busy.set()
    watching = asyncio.create_task(lag.run(busy))
    await asyncio.sleep(0)
    blocked_until = loop.time() + INTERVAL + 0.15
    while loop.time() < blocked_until:
        pass
    await until(lambda: lag._longest)
    assert lag.take() > 0.1
    assert lag.take() < 0.1
    watching.cancel()


def test_the_memory_of_processes_is_told_together_and_of_those_that_have_ended_not_at_all() -> None:
    alone = watched_memory.resident_bytes([os.getpid()])
    assert alone is not None
    twice = watched_memory.resident_bytes([os.getpid(), os.getpid(), 2**30])
    assert twice is not None
    assert twice > 1.5 * alone
    assert watched_memory.resident_bytes([2**30]) is None


def test_the_limit_of_a_container_is_told_in_either_form(monkeypatch: Any, tmp_path: Any) -> None:
    newer, older = tmp_path / "memory.max", tmp_path / "memory.limit_in_bytes"
    monkeypatch.setattr(watched_memory, "_LIMITS", (newer, older))
    assert watched_memory.memory_limit() is None
    older.write_text("1048576\n")
    assert watched_memory.memory_limit() == 1_048_576
    older.write_text("9223372036854771712\n")
    assert watched_memory.memory_limit() is None
    newer.write_text("max\n")
    assert watched_memory.memory_limit() is None
    newer.write_text("2097152\n")
    assert watched_memory.memory_limit() == 2_097_152


async def test_many_stacks_are_cut_where_they_are_too_long() -> None:
    waiting = [asyncio.create_task(asyncio.sleep(60), name=f"ä{number:04}") for number in range(600)]
    await asyncio.sleep(0)
    text = stacks_text()
    assert MOST_BYTES - 10 < len(text.encode()) <= MOST_BYTES
    assert text.endswith("… the rest is left out")
    for task in waiting:
        task.cancel()

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backstage import Queue, TaskContext, Worker
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.lease import Lease
from backstage.domain.outcome import OutcomeKind
from backstage.domain.ports.task_queue import ClaimRequest, LeaseReport
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from tests.worker.workers import Workers, attempts, memory, reached, until, until_some

LEASE = 0.9


async def test_a_handler_that_blocks_the_loop_for_three_leases_keeps_its_task(
    tmp_path: Path, own_directory: None
) -> None:
    workers = Workers(f"sqlite:///{tmp_path}/tasks.db")
    starts: list[str] = []
    crowd = [workers.new(lease=LEASE), workers.new(lease=LEASE)]

    async def blocks(context: TaskContext) -> None:
        starts.append(context.worker_id)
        time.sleep(3 * LEASE)  # noqa: ASYNC251 - what a careless handler does

    for worker in crowd:
        worker.on("t", blocks)
    here, elsewhere = crowd
    is_ready, may_stop = threading.Event(), threading.Event()
    other = asyncio.create_task(asyncio.to_thread(asyncio.run, _work(elsewhere, is_ready, may_stop)))
    await until(is_ready.is_set)
    await here.start()
    ended = await reached(here, await here.enqueue("t"))  # whoever has it blocks its loop; the other one stands by
    may_stop.set()
    await other
    assert (ended.state, ended.deliveries, len(starts)) == (TaskState.COMPLETED, 1, 1)
    await workers.stop()


async def _work(worker: Worker, is_ready: threading.Event, may_stop: threading.Event) -> None:
    await worker.start()
    is_ready.set()
    await until(may_stop.is_set)
    await worker.stop()


async def test_a_long_run_keeps_its_lease(any_workers: Workers) -> None:
    async def long(context: TaskContext) -> int:
        await asyncio.sleep(1.5 * LEASE)
        return context.fence

    worker = any_workers.new(lease=LEASE)
    worker.on("t", long)
    await worker.start()
    ended = await reached(worker, await worker.enqueue("t"))
    assert (ended.result, ended.deliveries) == (1, 1)


async def test_a_worker_that_drains_keeps_the_leases_of_what_it_still_runs(workers: Workers) -> None:
    gate, backend = asyncio.Event(), memory()
    worker = workers.over(backend, lease=LEASE)
    worker.on("t", gate.wait)
    await worker.start()
    running = await reached(worker, await worker.enqueue("t"), TaskState.RUNNING)
    stopping = asyncio.create_task(worker.stop())

    assert running.lease is not None
    its_end_without_renewal = running.lease.until

    async def leases_beyond() -> list[Lease]:
        lease = (await backend.tasks.get(running.id)).lease
        return [lease] if lease is not None and lease.until > its_end_without_renewal + timedelta(seconds=LEASE) else []

    await until_some(leases_beyond, 1)
    gate.set()
    await stopping
    ended = await backend.tasks.get(running.id)
    assert (ended.state, ended.deliveries) == (TaskState.COMPLETED, 1)


class Unreachable:
    """A queue that stops answering the lease keeper alone."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self.is_down = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        return await self._answer(self._queue.renew(fences, lease))

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        return await self._answer(self._queue.inspect(fences))

    async def _answer(self, asking: Any) -> LeaseReport:
        if self.is_down:
            asking.close()
            raise StorageUnavailableError("no answer")
        answer: LeaseReport = await asking
        return answer


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_worker_that_cannot_renew_stops_its_handler_before_the_lease_runs_out(
    workers: Workers, hangs: bool
) -> None:
    entries: list[Any] = []
    backend: Any = memory()
    backend_queue = Unreachable(backend.queue)

    @asynccontextmanager
    async def lease_queue() -> AsyncIterator[Any]:
        yield backend_queue

    backend.lease_queue = lease_queue
    if hangs:
        backend_queue._answer = _hang  # type: ignore[method-assign]
    backend_queue.is_down = True
    worker = workers.over(backend, lease=LEASE, reclaim_interval=60.0, log_handler=entries.append)
    stopped: list[float] = []

    @worker.on("t")
    async def waits() -> None:
        begun = time.monotonic()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(time.monotonic() - begun)

    await worker.start()
    task = await worker.enqueue("t")
    await until(lambda: stopped)
    assert stopped[0] < LEASE
    assert task is not None
    assert (await worker.backstage.get_task(task.id)).state is TaskState.RUNNING  # not ours to settle any more
    names = [entry["event"] for entry in entries if entry.get("task_id") == task.id]
    assert names.count(log_events.LEASE_LOST) == 1
    assert any(entry["event"] == log_events.LEASE_RENEWAL_FAILED for entry in entries)


async def _hang(asking: Any) -> LeaseReport:
    asking.close()
    await asyncio.sleep(60)
    raise AssertionError


async def test_a_lease_queue_that_cannot_be_opened_at_first_is_opened_later(workers: Workers) -> None:
    backend: Any = memory()
    open_queue, tries = backend.lease_queue, []

    @asynccontextmanager
    async def lease_queue() -> AsyncIterator[Any]:
        tries.append(1)
        if len(tries) < 3:
            raise StorageUnavailableError("no connection left")
        async with open_queue() as queue:
            yield queue

    backend.lease_queue = lease_queue
    worker = workers.over(backend, lease=LEASE)
    worker.on("t", lambda: time.sleep(1.2 * LEASE) or "kept")
    await worker.start()
    ended = await reached(worker, await worker.enqueue("t"))
    assert (ended.result, ended.deliveries, len(tries)) == ("kept", 1, 3)


async def test_a_task_that_was_taken_away_is_cancelled_and_its_end_is_not_written(any_workers: Workers) -> None:
    worker = any_workers.new(concurrency=1)
    ends: list[str] = []

    @worker.on("t")
    async def runs(context: TaskContext) -> str:
        if context.fence == 1:
            try:
                await worker.backstage.backend.queue.settle([context.task.released()])
                await asyncio.sleep(60)
            finally:
                ends.append("cancelled")
        return f"run {context.fence}"

    await worker.start()
    ended = await reached(worker, await worker.enqueue("t"))
    assert (ended.result, ends) == ("run 2", ["cancelled"])
    assert worker.metrics.of("default", "t").lost == 1


async def test_a_dead_workers_task_is_reclaimed_and_announced(any_workers: Workers) -> None:
    entries: list[Any] = []
    worker = any_workers.new(log_handler=entries.append, reclaim_interval=0.05)
    heard: list[Any] = []
    worker.events.on("worker-task:failed", heard.append)
    worker.on("t", lambda context: [context.attempt, context.fence])
    task = await worker.enqueue("t")
    dead = ClaimRequest(worker_id="dead", types=frozenset({"t"}), queues=None, limit=1, lease=0.1)
    await worker.backstage.backend.queue.claim(dead)
    await worker.start()
    ended = await reached(worker, task)
    assert ended.result == [1, 2]
    assert [each.outcome for each in await attempts(worker, ended)] == [OutcomeKind.LOST, OutcomeKind.COMPLETED]
    [failed] = heard
    assert (failed.will_retry, failed.error.type) == (True, "LeaseExpired")
    assert [entry["task_id"] for entry in entries if entry["event"] == log_events.TASK_RECLAIMED] == [ended.id]


async def test_a_task_that_costs_too_many_workers_is_a_dead_letter(workers: Workers) -> None:
    worker = workers.new(max_deliveries=1, reclaim_interval=0.05, concurrency=1)
    worker.on("other", lambda: None)
    task = await worker.enqueue("t")
    dead = ClaimRequest(worker_id="dead", types=frozenset({"t"}), queues=None, limit=1, lease=0.05)
    await worker.backstage.backend.queue.claim(dead)
    await worker.start()
    ended = await reached(worker, task)
    assert ended.state is TaskState.FAILED
    assert ended.last_failure is not None and ended.last_failure.type == "TooManyDeliveries"


@pytest.mark.parametrize("says", ["task", "handler", "queue", "worker"])
async def test_what_cost_as_many_workers_as_somebody_allows_is_not_run_again(workers: Workers, says: str) -> None:
    ran: list[int] = []
    limit = {says: 1}
    worker = workers.new(
        reclaim_interval=0.05,
        queues=[Queue("default", max_deliveries=limit.get("queue"))],
        max_deliveries=limit.get("worker", 9),
    )
    worker.on("t", lambda: ran.append(1), max_deliveries=limit.get("handler"))
    task = await worker.enqueue("t", max_deliveries=limit.get("task"))
    await _lost_by_another(worker)
    await worker.start()
    ended = await reached(worker, task)
    assert (ended.state, ran) == (TaskState.FAILED, [])
    assert ended.last_failure is not None and ended.last_failure.type == "TooManyDeliveries"


async def test_a_limit_that_the_reclaimer_does_not_know_is_kept_by_whoever_claims_next(workers: Workers) -> None:
    ran: list[int] = []
    worker = workers.new(reclaim_interval=60)
    worker.on("t", lambda: ran.append(1), max_deliveries=1)
    task = await worker.enqueue("t")
    await _lost_by_another(worker)
    await until_some(lambda: worker.backstage.backend.queue.reclaim(5, 10), 1)
    await worker.start()
    ended = await reached(worker, task)
    assert (ended.state, ran) == (TaskState.FAILED, [])
    assert ended.last_failure is not None and ended.last_failure.type == "TooManyDeliveries"
    assert [each.outcome for each in await attempts(worker, ended)] == [OutcomeKind.LOST]


async def test_a_crash_spends_no_attempt(workers: Workers) -> None:
    worker = workers.new(reclaim_interval=0.05)
    worker.on("t", lambda context: context.attempt, max_attempts=1)
    task = await worker.enqueue("t")
    await _lost_by_another(worker)
    await worker.start()
    ended = await reached(worker, task)
    assert (ended.state, ended.result, ended.crashes) == (TaskState.COMPLETED, 1, 1)


async def _lost_by_another(worker: Worker) -> None:
    dead = ClaimRequest(worker_id="dead", types=frozenset({"t"}), queues=None, limit=1, lease=0.05)
    await worker.backstage.backend.queue.claim(dead)


async def test_each_start_has_a_worker_id_of_its_own(workers: Workers) -> None:
    first = workers.new(worker_id="same")
    second = workers.over(first.backstage.backend, worker_id="same")
    for worker in (first, second):
        await worker.start()
    known = await until_some(first.backstage.list_workers, 2)
    assert len({each.id for each in known}) == 2
    assert all(each.id.startswith("same.") for each in known)
    await second.stop()
    assert len(await first.backstage.list_workers()) == 1

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.faulty_queue import FaultyQueue
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.hint import Hint
from backstage.domain.outcome import Outcome
from backstage.domain.portions import MOST_BYTES
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from tests.worker.workers import DEADLINE, Workers, attempts, finish, found, memory, play, reached, until


class Watched:
    """A TaskQueue that keeps what it was asked, and can be told to fail."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self.asked: list[int] = []
        self.claimed: list[int] = []
        self.batches: list[list[Outcome]] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.errors: list[Exception] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    async def claim(self, request: ClaimRequest) -> Claimed:
        self.asked.append(request.limit)
        claimed: Claimed = await self._queue.claim(request)
        self.claimed.append(len(claimed.tasks))
        return claimed

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        self.batches.append(list(outcomes))
        await self.is_open.wait()
        if self.errors:
            raise self.errors.pop(0)
        states: list[TaskState | None] = await self._queue.settle(outcomes)
        return states


def watched(workers: Workers, **options: Any) -> Any:
    backend: Any = memory()
    backend.queue = queue = Watched(backend.queue)
    return queue, workers.over(backend, **options)


async def test_no_more_tasks_run_at_once_than_the_concurrency_says(any_workers: Workers) -> None:
    running, most, full = 0, 0, asyncio.Event()
    worker = any_workers.new(until_idle=True, concurrency=3)

    @worker.on("t")
    async def counts() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 3:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        running -= 1

    for _ in range(12):
        await worker.enqueue("t")
    await finish(worker)
    assert most == 3


async def test_threads_run_at_once_up_to_the_concurrency_and_no_further(workers: Workers) -> None:
    full, counts, lock = threading.Barrier(3, timeout=DEADLINE), [0, 0], threading.Lock()

    def meets() -> None:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
        full.wait()
        with lock:
            counts[0] -= 1

    worker = workers.new(until_idle=True, concurrency=3)
    worker.on("t", meets)
    for _ in range(9):
        await worker.enqueue("t")
    await finish(worker)
    assert counts == [0, 3]


async def test_an_abandoned_thread_keeps_its_slot_even_when_it_is_cancelled_twice(workers: Workers) -> None:
    gate = threading.Event()
    queue, worker = watched(workers, concurrency=2, grace_period=0.0)
    worker.on("stuck", lambda: gate.wait(DEADLINE), timeout=0.05, max_attempts=1)
    worker.on("t", asyncio.Event().wait)
    stuck = await worker.enqueue("stuck", priority=1)
    for _ in range(3):
        await worker.enqueue("t")
    await worker.start()
    await reached(worker, stuck, TaskState.RUNNING)
    held = worker._runtime._slots.held.find(stuck.id)
    await until(held.run.cancelling)
    held.run.cancel()  # as a lost lease would, while the thread is still waited for
    await reached(worker, stuck)
    assert len(worker._runtime._parts.executors.threads.abandoned) == 1
    assert len(await found(worker, states=frozenset({TaskState.RUNNING}))) == 1
    gate.set()
    await until(lambda: not worker.is_stuck)
    await until(lambda: sum(queue.claimed) == 3)


async def test_a_claim_asks_for_no_more_than_there_is_room_for(workers: Workers) -> None:
    queue, worker = watched(workers, until_idle=True, concurrency=4, prefetch=2)
    held: list[int] = []

    @worker.on("t")
    async def counts() -> None:
        held.append(len(worker._runtime._slots.held))
        await asyncio.sleep(0)

    for _ in range(30):
        await worker.enqueue("t")
    await finish(worker)
    assert max(queue.asked) == 6
    assert max(held) <= 6 + len(max(queue.batches, key=len))  # what ended and is not settled yet is held, too


async def test_without_prefetch_nothing_is_claimed_that_cannot_start(workers: Workers) -> None:
    gate = asyncio.Event()
    queue, worker = watched(workers, concurrency=2, prefetch=0)
    worker.on("t", gate.wait)
    tasks = [await worker.enqueue("t") for _ in range(5)]
    await worker.start()
    await until(lambda: sum(queue.claimed) == 2)
    await asyncio.sleep(0.05)
    assert len(await found(worker, states=frozenset({TaskState.RUNNING}))) == 2
    gate.set()
    for task in tasks:
        await reached(worker, task)


async def test_an_idle_worker_asks_no_more_often_than_its_poll_interval(workers: Workers) -> None:
    queue, worker = watched(workers, poll_interval=60.0)
    worker.on("t", lambda: None)
    await worker.start()
    await until(lambda: queue.asked)
    await asyncio.sleep(0.1)
    assert len(queue.asked) <= 2


async def test_a_store_that_fails_is_asked_again_with_growing_waits(workers: Workers) -> None:
    entries: list[Any] = []
    backend: Any = memory()
    backend.queue = FaultyQueue(backend.queue, FaultPlan([Fault.REQUEST_LOST] * 3))
    worker = workers.over(backend, log_handler=entries.append, reclaim_interval=60.0)
    worker.on("t", lambda: "ran")
    task = await worker.enqueue("t")
    await worker.start()
    assert (await reached(worker, task)).result == "ran"
    failures = [entry for entry in entries if entry["event"] == log_events.CLAIM_FAILED]
    assert failures and all(entry["error"] == "injected: the request was lost" for entry in failures)


async def test_an_error_that_is_no_storage_error_does_not_end_the_claiming(workers: Workers) -> None:
    queue, worker = watched(workers)
    claim, queue.claim = queue.claim, _broken
    worker.on("t", lambda: "ran")
    task = await worker.enqueue("t")
    await worker.start()
    await asyncio.sleep(0.02)
    queue.claim = claim
    assert (await reached(worker, task)).result == "ran"


async def _broken(*_: Any) -> Any:
    raise ZeroDivisionError


async def test_tasks_of_a_claim_whose_reply_was_lost_run_in_their_first_delivery(workers: Workers) -> None:
    queue, worker = watched(workers, concurrency=5, lease=30.0)
    claim = queue.claim

    async def lose_the_reply(request: ClaimRequest) -> Claimed:
        queue.claim = claim
        await claim(request)
        raise StorageUnavailableError("the reply was lost")

    queue.claim = lose_the_reply
    worker.on("t", lambda context: context.fence)
    tasks = [await worker.enqueue("t") for _ in range(3)]
    await worker.start()
    assert [(await reached(worker, task)).result for task in tasks] == [1, 1, 1]


async def test_what_has_ended_here_is_not_taken_up_again_before_the_store_knows(workers: Workers) -> None:
    queue, worker = watched(workers, concurrency=5, lease=30.0)
    claim, held_by, ran, asked = queue.claim, queue.held_by, list[int](), list[int]()

    async def fail_after_a_run(request: ClaimRequest) -> Claimed:
        if ran and not asked:
            raise StorageUnavailableError("perhaps only the reply was lost")
        return await claim(request)

    async def tell_what_is_held(worker_id: str) -> list[Task]:
        held = await held_by(worker_id)
        asked.append(len(held))
        return held

    queue.claim, queue.held_by = fail_after_a_run, tell_what_is_held
    worker.on("t", lambda: ran.append(1))
    queue.is_open.clear()
    task = await worker.enqueue("t")
    await worker.start()
    await until(lambda: asked)
    next_claims = len(queue.asked) + 2
    await until(lambda: len(queue.asked) >= next_claims)
    queue.is_open.set()
    await reached(worker, task)
    await worker.stop()
    assert (asked, ran) == ([1], [1])


async def test_tasks_of_a_lost_reply_go_back_when_the_worker_stops_meanwhile(workers: Workers) -> None:
    queue, worker = watched(workers, lease=30.0)
    lost = asyncio.Event()

    async def lose_the_reply(request: ClaimRequest) -> Claimed:
        await Watched.claim(queue, request)
        lost.set()
        raise StorageUnavailableError("the reply was lost")

    queue.claim = lose_the_reply
    worker.on("t", lambda: None)
    task = await worker.enqueue("t")
    await worker.start()
    async with asyncio.timeout(DEADLINE):
        await lost.wait()
        await worker.stop()
    back = await worker.backstage.get_task(task.id)
    assert (back.state, back.attempt) == (TaskState.PENDING, 0)


async def test_a_wakeup_that_fails_is_listened_to_again(workers: Workers) -> None:
    backend: Any = memory()
    entries: list[Any] = []
    worker = workers.over(backend, log_handler=entries.append, poll_interval=60.0)
    worker.on("t", lambda: "woken")
    subscribe = backend.wakeup

    class FailsOnce:
        def __init__(self, name: str | None) -> None:
            self._entered = subscribe(name)
            self._has_failed = False

        async def __aenter__(self) -> Any:
            self._wakeup = await self._entered.__aenter__()
            return self

        async def __aexit__(self, *error: Any) -> None:
            await self._entered.__aexit__(*error)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._wakeup, name)

        async def wait(self, timeout: float) -> Hint:
            if not self._has_failed:
                self._has_failed = True
                raise ZeroDivisionError
            heard: Hint = await self._wakeup.wait(timeout)
            return heard

    backend.wakeup = FailsOnce
    await worker.start()
    assert (await reached(worker, await worker.enqueue("t"))).result == "woken"
    [failure] = [entry for entry in entries if entry["event"] == log_events.LOOP_FAILED]
    assert failure["loop"] == "wakeup"


async def test_what_ends_during_a_round_trip_is_settled_in_the_next_one(workers: Workers) -> None:
    queue, worker = watched(workers, until_idle=True, concurrency=20)
    queue.is_open.clear()
    ended: list[int] = []

    @worker.on("t")
    async def ends() -> None:
        ended.append(1)
        if len(ended) == 20:
            asyncio.get_running_loop().call_later(0.02, queue.is_open.set)

    for _ in range(20):
        await worker.enqueue("t")
    await finish(worker)
    sizes = [len(batch) for batch in queue.batches]
    assert (sum(sizes), len(sizes) <= 3) == (20, True)


async def test_a_lone_outcome_is_settled_at_once(workers: Workers) -> None:
    queue, worker = watched(workers, until_idle=True)
    worker.on("t", lambda: None)
    await play(worker, "t")
    assert [len(batch) for batch in queue.batches] == [1]


async def test_outcomes_outlast_a_store_that_takes_none(workers: Workers) -> None:
    entries: list[Any] = []
    queue, worker = watched(workers, until_idle=True, log_handler=entries.append)
    queue.errors = [StorageUnavailableError("down")] * 2
    ran: list[int] = []
    worker.on("t", lambda: ran.append(1))
    for _ in range(3):
        await worker.enqueue("t")
    await finish(worker)
    assert (await worker.backstage.get_task_stats()).completed == len(ran) == 3
    failures = [entry for entry in entries if entry["event"] == log_events.SETTLE_FAILED]
    assert [entry["error"] for entry in failures] == ["down"]  # one trouble, not one line for each try
    [over] = [entry for entry in entries if entry["event"] == log_events.LOOP_RECOVERED]
    assert (over["loop"], over["failures"]) == ("settler", 2)


async def test_one_outcome_that_cannot_be_settled_does_not_hold_up_the_others(workers: Workers) -> None:
    queue, worker = watched(workers, concurrency=3, lease=30.0)
    settle = queue.settle
    gate = asyncio.Event()

    async def chokes(outcomes: Sequence[Outcome]) -> Any:
        if any(outcome.result_json == '"poison"' for outcome in outcomes):
            raise ZeroDivisionError
        return await settle(outcomes)

    queue.settle = chokes

    @worker.on("t")
    async def returns(payload: str) -> str:
        await gate.wait()
        return payload

    tasks = [await worker.enqueue("t", payload) for payload in ("fine", "poison", "fine too")]
    await worker.start()
    await until(lambda: sum(queue.claimed) == 3)
    gate.set()
    assert (await reached(worker, tasks[0])).result == "fine"
    assert (await reached(worker, tasks[2])).result == "fine too"
    assert (await worker.backstage.get_task(tasks[1].id)).state is TaskState.RUNNING  # its lease will run out


async def test_ends_go_to_the_store_in_messages_of_a_bounded_size(workers: Workers) -> None:
    queue, worker = watched(workers, until_idle=True, concurrency=40)
    queue.is_open.clear()
    ended: list[int] = []

    @worker.on("t")
    async def returns() -> str:
        ended.append(1)
        if len(ended) == 40:
            asyncio.get_running_loop().call_soon(queue.is_open.set)
        return "x" * 1_000_000

    for _ in range(40):
        await worker.enqueue("t")
    await finish(worker)
    assert sum(len(batch) for batch in queue.batches) == 40
    assert max(sum(outcome.size for outcome in batch) for batch in queue.batches) <= MOST_BYTES


async def test_a_worker_that_cannot_settle_claims_no_more_for_ever(workers: Workers) -> None:
    queue, worker = watched(workers, concurrency=1, prefetch=0)
    queue.is_open.clear()
    worker.on("t", lambda: None)
    for _ in range(40):
        await worker.enqueue("t")
    await worker.start()
    await until(lambda: sum(queue.claimed) >= 10)
    await asyncio.sleep(0.05)
    assert sum(queue.claimed) <= 12
    queue.is_open.set()
    await until(lambda: worker.metrics.of("default", "t").completed == 40)


async def test_many_workers_run_each_task_once(any_workers: Workers) -> None:
    ran: list[int] = []
    first = any_workers.new(until_idle=True, concurrency=5)
    crowd = [first]

    async def noted(payload: int) -> None:
        ran.append(payload)

    for _ in range(3):
        is_memory = any_workers.url == "memory://"
        options = {"until_idle": True, "concurrency": 5}
        crowd.append(any_workers.over(first.backstage.backend, **options) if is_memory else any_workers.new(**options))
    for worker in crowd:
        worker.on("t", noted)
    tasks = [await first.enqueue("t", number) for number in range(100)]
    await asyncio.gather(*(finish(worker) for worker in crowd))
    assert sorted(ran) == list(range(100))
    assert {len(await attempts(first, task)) for task in tasks[:5] if task} == {1}

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from backstage import Backoff, GiveUp, Next, Queue, RetryLater, TaskContext, TaskResult, Worker
from backstage.domain.task_state import TaskState
from backstage.testing import EndlessWork, TaskBench
from tests.testing import marked_tasks


def fails(payload: Any) -> None:
    raise ValueError("out of stock")


async def test_nothing_runs_before_it_is_due(bench: TaskBench) -> None:
    bench.on("t", lambda payload: payload)
    await bench.enqueue("t", 1, delay=60)
    bench.clock.advance(59.999)
    assert await bench.drain() == []
    bench.clock.advance(0.001)
    [task] = await bench.drain()
    assert (task.state, task.result) == (TaskState.COMPLETED, 1)


async def test_tasks_run_in_the_order_of_claims(bench: TaskBench) -> None:
    ran: list[str] = []

    @bench.on("t")
    def note(name: str) -> None:
        ran.append(name)

    for name, priority, delay in (("later", 0, 2), ("sooner", 0, 1), ("urgent", 10, 3)):
        await bench.enqueue("t", name, priority=priority, delay=delay)
    bench.clock.advance(3)
    await bench.drain()
    assert ran == ["urgent", "sooner", "later"]


async def test_chained_tasks_run_in_the_same_drain() -> None:
    async with TaskBench(marked_tasks) as bench:
        placed = await bench.enqueue("order:place", {"id": 7, "lines": ["tea"]})
        first, second = await bench.drain()
        assert (first.result, second.result) == (1, "confirmed 7")
        assert placed is not None and second.workflow_id == placed.workflow_id


async def test_a_module_brings_its_listeners_and_middleware() -> None:
    marked_tasks.heard.clear()
    marked_tasks.wrapped.clear()
    async with TaskBench(marked_tasks) as bench:
        await bench.enqueue("order:confirm", {"id": 7})
        await bench.drain()
    assert (marked_tasks.heard, marked_tasks.wrapped) == (["order:confirm"], ["order:confirm"])


async def test_a_payload_that_does_not_fit_is_a_dead_letter_that_names_the_field() -> None:
    async with TaskBench(marked_tasks) as bench:
        await bench.enqueue("order:place", {"id": "seven", "lines": []})
        [task] = await bench.drain()
        assert task.state is TaskState.FAILED and task.last_failure is not None
        assert "payload.id" in task.last_failure.message


async def test_a_failed_task_waits_for_exactly_its_backoff(bench: TaskBench) -> None:
    bench.on("t", fails, backoff=Backoff.exponential(10, jitter=0.5))
    await bench.enqueue("t")
    [task] = await bench.drain()
    assert (task.state, task.attempt) == (TaskState.PENDING, 1)
    bench.assert_enqueued("t", delay=10)


async def test_draining_all_goes_through_every_retry_to_the_dead_letter(bench: TaskBench) -> None:
    bench.on("t", fails, backoff=Backoff.fixed(100))
    begun = bench.clock.now()
    await bench.enqueue("t", delay=1000)
    [task] = await bench.drain_all()
    assert (task.state, task.attempt) == (TaskState.FAILED, 3)
    assert (bench.clock.now() - begun).total_seconds() == 1200
    assert [each.outcome for each in await bench.backstage.get_attempts(task.id)] == ["retried", "retried", "dead"]


async def test_a_dead_letter_that_is_replayed_runs_again(bench: TaskBench) -> None:
    is_broken = True

    def sometimes(payload: Any) -> None:
        if is_broken:
            raise GiveUp("broken")

    bench.on("t", sometimes)
    await bench.enqueue("t")
    await bench.drain()
    is_broken = False
    assert await bench.backstage.replay_dead_letters() == 1
    [task] = await bench.drain()
    assert task.state is TaskState.COMPLETED


async def test_work_without_end_is_said_to_be_without_end(bench: TaskBench) -> None:
    def later(payload: Any) -> None:
        raise RetryLater(60)

    bench.on("poll", later)
    await bench.enqueue("poll")
    with pytest.raises(EndlessWork, match=r"more than 50 runs \(poll 51 times\); the last, poll is pending"):
        await bench.drain_all(at_most=50)


async def test_a_chain_without_end_ends_a_plain_drain_too(bench: TaskBench) -> None:
    bench.on("again", lambda payload: Next("again"))
    await bench.enqueue("again")
    with pytest.raises(EndlessWork, match="again 21 times"):
        await bench.drain(at_most=20)


async def test_tasks_that_nobody_handles_and_paused_ones_stay_and_move_no_clock(bench: TaskBench) -> None:
    bench.on("paused", lambda payload: payload)
    begun = bench.clock.now()
    await bench.backstage.pause_type("paused")
    for task_type in ("unknown", "paused"):
        await bench.enqueue(task_type)
        await bench.enqueue(task_type, delay=60)
    assert await bench.drain_all() == []
    assert (len(bench.enqueued()), bench.clock.now()) == (4, begun)


async def test_a_bench_serves_the_queues_it_is_given_with_their_limits() -> None:
    async with TaskBench(queues=["mail", Queue("slow", priority=1, max_retries=0)]) as bench:
        bench.on("t", fails)
        for queue in ("mail", "slow", "other"):
            await bench.enqueue("t", queue=queue)
        tasks = await bench.drain()
        assert [(task.queue, task.state) for task in tasks] == [("slow", "failed"), ("mail", "pending")]


async def test_one_task_runs_at_a_time_when_asked_for_one(bench: TaskBench) -> None:
    bench.on("t", lambda payload: payload)
    for number in (1, 2):
        await bench.enqueue("t", number)
    results = [task and task.result for task in (await bench.run_one(), await bench.run_one(), await bench.run_one())]
    assert results == [1, 2, None]


async def test_a_synchronous_handler_runs_in_the_thread_of_the_test(bench: TaskBench) -> None:
    bench.on("t", lambda payload: threading.get_ident())
    bench.on("cpu", marked_tasks.confirm, run_in="process")
    await bench.enqueue("t")
    await bench.enqueue("cpu", {"id": 1})
    one, other = await bench.drain()
    assert (one.result, other.result) == (threading.get_ident(), "confirmed 1")


async def test_a_synchronous_handler_learns_whether_it_still_holds_its_task(bench: TaskBench) -> None:
    def report(payload: Any, context: TaskContext) -> list[bool]:
        return [bool(context.progress(0.5, "half")), bool(context.heartbeat())]

    bench.on("t", report)
    await bench.enqueue("t")
    [task] = await bench.drain()
    assert (task.result, task.progress, task.progress_note) == ([True, True], 0.5, "half")


async def test_what_a_handler_enqueues_carries_its_correlation_id_on(bench: TaskBench) -> None:
    async def parent(payload: Any) -> None:
        await bench.enqueue("child")

    bench.on("parent", parent)
    await bench.enqueue("parent", correlation_id="request-1")
    await bench.drain()
    assert bench.enqueued("child")[0].correlation_id == "request-1"


async def test_a_running_handler_is_cancelled_when_somebody_cancels_its_task(bench: TaskBench) -> None:
    started, cleaned_up = asyncio.Event(), asyncio.Event()

    async def endless(payload: Any, context: TaskContext) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            if context.is_cancel_requested():
                cleaned_up.set()

    bench.on("t", endless)
    task = await bench.enqueue("t")
    assert task is not None
    draining = asyncio.create_task(bench.drain())
    await started.wait()
    await bench.backstage.cancel_task(task.id)
    [ended] = await draining
    assert (ended.state, cleaned_up.is_set()) == (TaskState.CANCELLED, True)


async def test_a_handler_that_lost_its_lease_is_cancelled_and_settles_nothing(bench: TaskBench) -> None:
    started = asyncio.Event()

    async def endless(payload: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    bench.on("t", endless)
    task = await bench.enqueue("t")
    assert task is not None
    running = asyncio.create_task(bench.run_one())
    await started.wait()
    bench.clock.advance(31)
    await bench.backstage.backend.queue.reclaim(5, 10)
    await bench.backstage.pause_type("t")  # resuming wakes whoever waits for the store
    await bench.backstage.resume_type("t")
    left = await running
    assert left is not None and (left.state, left.crashes) == (TaskState.PENDING, 1)


async def test_a_cancelled_test_gives_its_task_back(bench: TaskBench) -> None:
    async def endless(payload: Any) -> None:
        await asyncio.Event().wait()

    bench.on("t", endless)
    await bench.enqueue("t")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await bench.drain()
    [task] = bench.enqueued("t")
    assert (task.state, task.interruptions) == (TaskState.PENDING, 1)


async def test_a_hard_timeout_fails_the_attempt(bench: TaskBench) -> None:
    async def endless(payload: Any) -> None:
        await asyncio.Event().wait()

    bench.on("t", endless, timeout=0.01, max_attempts=1)
    await bench.enqueue("t")
    [task] = await bench.drain()
    assert task.last_failure is not None and task.last_failure.type == "TaskTimeout"


async def test_a_handler_is_told_of_its_soft_timeout(bench: TaskBench) -> None:
    async def winding_up(payload: Any, context: TaskContext) -> str:
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        loop.call_later(0.001, told.set)  # after the timeout's own timer, which was set before with the same delay
        await told.wait()
        return "wound up" if context.should_stop() else "not told"

    bench.on("t", winding_up, soft_timeout=0.001)
    await bench.enqueue("t")
    [task] = await bench.drain()
    assert task.result == "wound up"


async def test_two_runs_of_a_test_see_the_same_ids_and_moments() -> None:
    async def play() -> Any:
        async with TaskBench(marked_tasks) as bench:
            await bench.enqueue("order:place", {"id": 7, "lines": []})
            return await bench.drain()

    assert await play() == await play()


async def test_no_variable_of_the_environment_changes_a_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_MAX_ATTEMPTS", "many")
    monkeypatch.setenv("BACKSTAGE_URL", "redis://unreachable")
    async with TaskBench(marked_tasks) as bench:
        await bench.enqueue("order:confirm", {"id": 1})
        assert [task.state for task in await bench.drain()] == [TaskState.COMPLETED]


async def test_code_that_enqueues_through_a_worker_reaches_the_bench(bench: TaskBench) -> None:
    worker = Worker(container=bench.backstage)
    await worker.enqueue("t", {"n": 1})
    bench.assert_enqueued("t", {"n": 1}, count=1)


async def test_middleware_is_added_to_the_bench_alone(bench: TaskBench) -> None:
    def doubled(run: Any) -> Any:
        async def double(context: TaskContext) -> Any:
            return 2 * await run(context)

        return double

    bench.use(doubled)
    bench.on("t", lambda payload: payload)
    await bench.enqueue("t", 21)
    assert [task.result for task in await bench.drain()] == [42]


async def test_annotations_may_name_classes_of_the_test(bench: TaskBench) -> None:
    @marked_tasks.dataclass
    class Point:
        x: int

    @bench.on("t")
    async def handle(point: Point) -> int:
        return point.x

    await bench.enqueue("t", {"x": 3})
    assert [task.result for task in await bench.drain()] == [3]


async def test_a_listener_that_ends_the_test_ends_the_drain(bench: TaskBench) -> None:
    def refuse(event: Any) -> None:
        pytest.fail("not this event")

    bench.on("t", lambda payload: payload)
    bench.events.on("worker-task:completed", refuse)
    await bench.enqueue("t")
    with pytest.raises(pytest.fail.Exception, match="not this event"):
        await bench.drain()


async def test_a_listener_that_fails_is_in_the_log(bench: TaskBench) -> None:
    bench.on("t", lambda payload: payload)
    bench.events.on("worker-task:started", fails)
    await bench.enqueue("t")
    await bench.drain()
    assert [entry["event"] for entry in bench.log] == ["listener_failed", "task_completed"]


async def test_what_a_handler_logs_is_in_the_log(bench: TaskBench) -> None:
    def log(payload: Any, context: TaskContext) -> None:
        context.logger.info("charged", amount=5)

    bench.on("t", log)
    await bench.enqueue("t")
    await bench.drain()
    assert (bench.log[0]["event"], bench.log[0]["amount"], bench.log[0]["type"]) == ("charged", 5, "t")


async def test_a_run_that_failed_is_kept_with_what_the_handler_raised(bench: TaskBench) -> None:
    bench.on("t", fails, backoff=Backoff.fixed(0), max_attempts=2)
    await bench.enqueue("t", {"id": 1})
    await bench.drain()
    assert [(failed.task.attempt, repr(failed.error)) for failed in bench.failures] == [
        (1, "ValueError('out of stock')"),
        (2, "ValueError('out of stock')"),
    ]
    with pytest.raises(AssertionError, match=r"t \{\"id\":1\}, attempt 1: ValueError: out of stock") as caught:
        bench.assert_no_failures()
    assert caught.value.__cause__ is bench.failures[0].error


async def test_a_result_that_says_it_failed_is_a_failure_without_error(bench: TaskBench) -> None:
    bench.on("t", lambda payload: TaskResult(success=False, error="no"))
    await bench.enqueue("t")
    await bench.drain()
    [failed] = bench.failures
    assert (failed.error, failed.failure.message) == (None, "no")


async def test_a_snooze_is_no_failure(bench: TaskBench) -> None:
    def later(payload: Any) -> None:
        raise RetryLater(60)

    bench.on("t", later)
    await bench.enqueue("t")
    await bench.drain()
    bench.assert_no_failures()

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import Any

import pytest

from backstage import Backoff, Next, RetryLater, TaskContext, Worker
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.faulty_queue import FaultyQueue
from backstage.domain.events import (
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskEvent,
    TaskFailed,
    TaskReleased,
    TaskRetried,
    TaskSnoozed,
    TaskStarted,
)
from backstage.domain.outcome import Outcome
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from tests.worker.workers import DEADLINE, Workers, finish, memory, play, reached, until


def all_of(worker: Worker) -> list[TaskEvent]:
    heard: list[TaskEvent] = []
    worker.events.on("worker-task:*", heard.append)
    return heard


async def test_a_task_that_completes_tells_its_life(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", lambda: {"n": 1})
    heard = all_of(worker)
    task = await play(worker, "t")
    created, started, completed = heard
    assert isinstance(created, TaskCreated) and created.task.state is TaskState.PENDING
    assert isinstance(started, TaskStarted) and started.task.state is TaskState.RUNNING
    assert started.worker_id.startswith("w.") and started.task.started_at == task.started_at
    assert isinstance(completed, TaskCompleted) and completed.task.state is TaskState.COMPLETED
    assert (completed.result, completed.duration >= 0) == ({"n": 1}, True)
    assert created.at <= started.at <= completed.at
    assert {event.task.id for event in heard} == {task.id}


async def test_a_task_that_fails_tells_whether_it_will_retry(any_workers: Workers) -> None:
    def fails() -> None:
        raise ValueError("no")

    worker = any_workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=2, backoff=Backoff.fixed(0))
    heard = all_of(worker)
    await play(worker, "t")
    failures = [event for event in heard if isinstance(event, TaskFailed)]
    assert [(each.attempt, each.will_retry, str(each.error), each.task.state) for each in failures] == [
        (1, True, "ValueError: no", TaskState.PENDING),
        (2, False, "ValueError: no", TaskState.FAILED),
    ]
    assert all(each.duration >= 0 for each in failures)


async def test_every_other_end_has_its_event(any_workers: Workers) -> None:
    worker = any_workers.new(grace_period=0.0)
    heard = all_of(worker)

    @worker.on("snoozes")
    def snoozes() -> None:
        raise RetryLater(3600)

    @worker.on("cancels")
    def cancels(context: TaskContext) -> None:
        context.cancel()

    @worker.on("chains")
    def chains() -> Next:
        return Next("unknown", {"n": 1})

    worker.on("waits", asyncio.Event().wait)
    await worker.start()
    for task_type in ("snoozes", "cancels", "chains"):
        await worker.enqueue(task_type)
    waits = await worker.enqueue("waits")
    await reached(worker, waits, TaskState.RUNNING)
    async with asyncio.timeout(DEADLINE):
        await until(lambda: len(heard) == 4 + 4 + 3 + 1)  # created, started, ended, and one chained
        await worker.stop()
    ends = {event.task.type: event for event in heard if not isinstance(event, (TaskCreated, TaskStarted))}
    assert isinstance(ends["snoozes"], TaskSnoozed) and ends["snoozes"].delay == 3600
    assert isinstance(ends["cancels"], TaskCancelled)
    assert isinstance(ends["waits"], TaskReleased)
    [chained] = [event for event in heard if event.task.type == "unknown"]
    assert isinstance(chained, TaskCreated) and chained.task.payload == {"n": 1}
    assert chained.task.origin_id == ends["chains"].task.id


async def test_a_retry_by_hand_has_its_event(workers: Workers) -> None:
    worker = workers.new()
    task = await worker.enqueue("t")
    assert task is not None
    heard = all_of(worker)
    await worker.backstage.cancel_task(task.id)
    await worker.backstage.retry_task(task.id)
    assert [type(event) for event in heard] == [TaskCancelled, TaskRetried]


async def test_sync_and_async_listeners_hear_and_a_failing_one_breaks_nothing(any_workers: Workers) -> None:
    heard: list[str] = []
    entries: list[Any] = []
    worker = any_workers.new(until_idle=True, log_handler=entries.append)
    worker.on("t", lambda: None)

    def sync(event: TaskEvent) -> None:
        heard.append("sync")

    async def async_(event: TaskEvent) -> None:
        await asyncio.sleep(0)
        heard.append("async")

    def broken(event: TaskEvent) -> None:
        raise RuntimeError("listener")

    async def broken_too(event: TaskEvent) -> None:
        raise RuntimeError("listener")

    for listener in (broken, sync, broken_too, async_):
        worker.events.on("worker-task:completed", listener)
    task = await play(worker, "t")
    assert (task.state, heard) == (TaskState.COMPLETED, ["sync", "async"])
    failures = [entry for entry in entries if entry["event"] == "listener_failed"]
    assert [entry["task_id"] for entry in failures] == [task.id, task.id]


async def test_a_slow_listener_holds_up_no_task(workers: Workers) -> None:
    gate = asyncio.Event()
    worker = workers.new()
    worker.on("t", lambda: None)

    async def slow(event: TaskEvent) -> None:
        await gate.wait()

    worker.events.on("worker-task:completed", slow)
    await worker.start()
    for _ in range(3):
        assert (await reached(worker, await worker.enqueue("t"))).state is TaskState.COMPLETED
    gate.set()


async def test_an_event_comes_after_the_store_accepted_the_step(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", lambda: None)
    stored: list[TaskState] = []

    async def look(event: TaskEvent) -> None:
        stored.append((await worker.backstage.get_task(event.task.id)).state)

    worker.events.on("worker-task:created", look)
    worker.events.on("worker-task:completed", look)
    await play(worker, "t")
    assert stored == [TaskState.PENDING, TaskState.COMPLETED]


async def test_what_the_store_refuses_is_not_announced(workers: Workers) -> None:
    entries: list[Any] = []
    worker = workers.new(until_idle=True, control_interval=60.0, lease=3600.0, log_handler=entries.append)
    heard = all_of(worker)

    @worker.on("t")
    async def loses_its_task(context: TaskContext) -> str:
        if context.fence == 1:
            await worker.backstage.backend.queue.settle([context.task.released()])
        return f"run {context.fence}"

    task = await play(worker, "t")
    assert task.result == "run 2"
    assert [event.result for event in heard if isinstance(event, TaskCompleted)] == ["run 2"]
    [refused] = [entry for entry in entries if entry["event"] == log_events.OUTCOME_REFUSED]
    assert (refused["task_id"], refused["outcome"]) == (task.id, "completed")


async def test_a_settle_whose_reply_was_lost_is_announced_once(workers: Workers) -> None:
    backend: Any = memory()
    worker = workers.over(backend, until_idle=True)
    worker.on("t", lambda: None)
    heard = all_of(worker)
    queue = FaultyQueue(backend.queue, FaultPlan([Fault.REPLY_LOST]))
    backend.queue = OnlySettle(backend.queue, queue)
    await play(worker, "t")
    assert [type(event) for event in heard].count(TaskCompleted) == 1


class OnlySettle:
    """A queue of which only `settle` is the other one's."""

    def __init__(self, queue: Any, settling: Any) -> None:
        self._queue = queue
        self.settle = settling.settle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


async def test_middlewares_wrap_each_other_in_the_order_they_were_added(workers: Workers) -> None:
    order: list[str] = []
    worker = workers.new(until_idle=True)

    def noting(name: str, run: Any) -> Any:
        async def noted(context: TaskContext) -> Any:
            order.append(f"{name} in")
            try:
                return f"{name}({await run(context)})"
            finally:
                order.append(f"{name} out")

        return noted

    worker.use(functools.partial(noting, "first"))
    worker.use(functools.partial(noting, "second"))
    worker.on("t", lambda: order.append("handler") or "value")
    assert (await play(worker, "t")).result == "first(second(value))"
    assert order == ["first in", "second in", "handler", "second out", "first out"]


async def test_a_middleware_is_composed_once_for_each_handler(workers: Workers) -> None:
    composed: list[Any] = []
    worker = workers.new(until_idle=True)

    @worker.use
    def counting(run: Any) -> Any:
        composed.append(run)
        return run

    worker.on("a", lambda: None)
    worker.on("b", lambda: None)
    for task_type in ("a", "b", "a"):
        await worker.enqueue(task_type)
    await finish(worker)
    assert len(composed) == 2


async def test_a_middleware_may_answer_in_the_handlers_place(workers: Workers) -> None:
    ran: list[str] = []
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: ran.append("handler"))

    @worker.use
    def cached(run: Any) -> Any:
        async def answer(context: TaskContext) -> Any:
            return "from the cache"

        return answer

    assert ((await play(worker, "t")).result, ran) == ("from the cache", [])


async def test_a_middleware_that_raises_fails_the_attempt(workers: Workers) -> None:
    worker = workers.new(until_idle=True, max_attempts=1)
    worker.on("t", lambda: None)

    @worker.use
    def broken(run: Any) -> Any:
        async def raises(context: TaskContext) -> Any:
            raise RuntimeError("middleware")

        return raises

    task = await play(worker, "t")
    assert (task.state, str(task.last_failure)) == (TaskState.FAILED, "RuntimeError: middleware")


async def test_a_middleware_sees_the_timeout_and_may_turn_it_into_a_value(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", asyncio.Event().wait, timeout=0.03)

    @worker.use
    def forgiving(run: Any) -> Any:
        async def forgives(context: TaskContext) -> Any:
            try:
                return await run(context)
            except Exception as error:
                return type(error).__name__

        return forgives

    assert (await play(worker, "t")).result == "TaskTimeout"


async def test_a_failure_is_told_also_when_its_answer_comes_after_the_next_claim(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, claimed_again = memory(), asyncio.Event()
    settle = backend.queue.settle

    async def answers_late(outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        states = await settle(outcomes)
        await claimed_again.wait()
        return states

    def fails_once(context: TaskContext) -> None:
        if context.attempt == 1:
            raise ValueError("no")
        claimed_again.set()

    monkeypatch.setattr(backend.queue, "settle", answers_late)
    worker = workers.over(backend, until_idle=True)
    worker.on("t", fails_once, backoff=Backoff.fixed(0))
    heard = all_of(worker)
    await play(worker, "t")
    names = [event.name.removeprefix("worker-task:") for event in heard]
    assert sorted(names) == ["completed", "created", "failed", "started", "started"]
    assert worker.metrics.of("default", "t").retried == 1

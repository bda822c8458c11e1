"""Handlers: what they are given, how they end a task, and what limits and wraps them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel

from backstage import Backoff, GiveUp, Next, Queue, RetryLater, TaskContext, TaskHandlerRegistration, TaskResult
from backstage.domain.errors import InvalidTaskDataError, TaskError, TaskNotFoundError
from backstage.domain.events import TaskFailed
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from backstage.worker.handling.middleware import Run
from tests.worker.workers import Workers, attempts, finish, found, play, reached, until

NOW = Backoff.fixed(0)


class Model(BaseModel):
    n: int


@dataclass
class Data:
    n: int


class Typed(TypedDict):
    n: int


async def test_handlers_are_functions_of_either_kind_with_a_typed_payload(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    @worker.on("model")
    async def of_model(payload: Model) -> int:
        return payload.n

    @worker.on("data")
    def of_data(payload: Data, context: TaskContext) -> int:
        return payload.n

    def of_typed(payload: Typed) -> int:
        return payload["n"]

    worker.on("typed", of_typed)
    worker.register_handler(TaskHandlerRegistration("dict", lambda payload: payload["n"], 10, 2))
    tasks = [await worker.enqueue(name, {"n": 7}) for name in ("model", "data", "typed", "dict")]
    wrong = await worker.enqueue("model", {"n": "many"}, max_attempts=1)
    await finish(worker)
    assert [(await worker.backstage.get_task(task.id)).result for task in tasks if task] == [7] * 4
    assert wrong is not None
    refused = await worker.backstage.get_task(wrong.id)
    assert refused.state is TaskState.FAILED
    assert refused.last_failure is not None and "n" in refused.last_failure.message


async def test_the_context_tells_a_handler_of_its_run(workers: Workers) -> None:
    worker, seen = workers.new(until_idle=True), []

    @worker.on("t")
    async def handle(payload: Any, context: TaskContext) -> None:
        stored = await context.progress(0.5, "half")
        held = await context.heartbeat()
        context.logger.info("half_done")
        seen.append((context.task.payload, context.attempt, context.correlation_id, dict(context.metadata)))
        seen.append((stored, held, context.is_shutting_down(), context.worker_id.startswith("w.")))

    task = await play(worker, "t", {"n": 1}, correlation_id="order-1", metadata={"tenant": "ada"})
    assert seen == [({"n": 1}, 1, "order-1", {"tenant": "ada"}), (True, True, False, True)]
    assert task.state is TaskState.COMPLETED


async def test_a_handler_has_a_way_to_say_each_outcome(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    def fails() -> None:
        raise ValueError("no")

    def gives_up() -> None:
        raise GiveUp("never")

    def asks_for_time(context: TaskContext) -> str:
        if context.fence == 1:
            raise RetryLater(0)
        return "later"

    worker.on("returns", lambda: {"n": 1})
    worker.on("result", lambda: TaskResult(result=2))
    worker.on("refuses", lambda: TaskResult(success=False, error="bad"), max_attempts=1)
    worker.on("raises", fails, max_attempts=2, backoff=NOW)
    worker.on("gives-up", gives_up)
    worker.on("asks", asks_for_time)
    worker.on("cancels", lambda context: context.cancel("not needed"))
    tasks = {
        name: await worker.enqueue(name)
        for name in ("returns", "result", "refuses", "raises", "gives-up", "asks", "cancels")
    }
    await finish(worker)
    ends = {name: await worker.backstage.get_task(task.id) for name, task in tasks.items() if task}
    completed, failed = TaskState.COMPLETED, TaskState.FAILED
    assert {name: (end.state, end.attempt, end.result) for name, end in ends.items()} == {
        "returns": (completed, 1, {"n": 1}),
        "result": (completed, 1, 2),
        "refuses": (failed, 1, None),
        "raises": (failed, 2, None),
        "gives-up": (failed, 1, None),
        "asks": (completed, 1, "later"),
        "cancels": (TaskState.CANCELLED, 1, None),
    }


async def test_the_next_task_is_stored_with_the_completion_and_carries_its_correlation(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("first", lambda: Next("second", {"n": 2}, result="done"))
    worker.on("second", lambda payload: payload["n"])
    first = await play(worker, "first", correlation_id="order-1")
    [second] = await found(worker, type="second")
    assert (first.result, second.result) == ("done", 2)
    assert (second.correlation_id, second.workflow_id, second.origin_id) == ("order-1", first.id, first.id)


async def test_attempts_come_from_the_task_its_handler_or_its_queue(workers: Workers) -> None:
    def fails() -> None:
        raise ValueError("no")

    worker = workers.new(until_idle=True, queues=[Queue("short", max_retries=0), "default"], max_attempts=3)
    worker.on("plain", fails, backoff=NOW)
    worker.on("limited", fails, backoff=NOW, max_attempts=2)
    tasks = [
        await worker.enqueue("plain"),
        await worker.enqueue("plain", queue="short"),
        await worker.enqueue("limited"),
        await worker.enqueue("limited", max_attempts=4),
    ]
    await finish(worker)
    assert [(await worker.backstage.get_task(task.id)).attempt for task in tasks if task] == [3, 1, 2, 4]


@pytest.mark.parametrize(
    "backoff",
    [Backoff.fixed(600), Backoff.linear(600, cap=900), Backoff.exponential(600, cap=900, jitter=0.5)],
    ids=str,
)
async def test_a_failed_attempt_waits_for_its_backoff(workers: Workers, backoff: Backoff) -> None:
    def fails() -> None:
        raise ValueError("no")

    worker = workers.new()
    worker.on("t", fails, backoff=backoff)
    heard: list[TaskFailed] = []
    worker.events.on("worker-task:failed", heard.append)
    task = await worker.enqueue("t")
    await worker.start()
    await until(lambda: heard)
    waiting = await reached(worker, task, TaskState.PENDING)
    [record] = await attempts(worker, waiting)
    assert record.ended_at is not None
    assert 300 <= (waiting.scheduled_at - record.ended_at).total_seconds() <= 901


async def test_a_soft_timeout_tells_a_handler_and_a_hard_one_cancels_it(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    @worker.on("soft", soft_timeout=0.05)
    async def winds_up(context: TaskContext) -> str:
        await until(context.is_over_soft_timeout)
        return "wound up"

    worker.on("hard", asyncio.Event().wait, timeout=0.05, max_attempts=1)
    soft, hard = await worker.enqueue("soft"), await worker.enqueue("hard")
    await finish(worker)
    assert soft is not None and hard is not None
    assert (await worker.backstage.get_task(soft.id)).result == "wound up"
    failure = (await worker.backstage.get_task(hard.id)).last_failure
    assert failure is not None and failure.type == "TaskTimeout"


async def test_middleware_wraps_handlers_in_its_order(workers: Workers) -> None:
    worker, order = workers.new(until_idle=True), []

    def named(name: str) -> Any:
        def middleware(run: Run) -> Run:
            async def wrapped(context: TaskContext) -> Any:
                order.append(name)
                return f"{name}({await run(context)})"

            return wrapped

        return middleware

    worker.use(named("outer"))
    worker.use(named("inner"))
    worker.on("t", lambda: "t")
    task = await play(worker, "t")
    assert (order, task.result) == (["outer", "inner"], "outer(inner(t))")


async def test_errors_are_of_one_tree_and_name_what_is_wrong(workers: Workers) -> None:
    worker = workers.new()
    with pytest.raises(InvalidTaskDataError, match=r"payload\.price") as wrong:
        await worker.enqueue("t", {"price": float("nan")})
    with pytest.raises(TaskNotFoundError, match="01940000") as missing:
        await worker.backstage.get_task("01940000-0000-7000-8000-ffffffffffff")
    assert isinstance(wrong.value, TaskError) and isinstance(missing.value, TaskError)
    assert (await worker.backstage.get_task_stats()).total == 0


async def test_each_line_of_the_log_names_its_event_and_its_task(workers: Workers) -> None:
    entries: list[Any] = []
    worker = workers.new(until_idle=True, log_handler=entries.append)
    worker.on("t", lambda: None)
    task = await play(worker, "t")
    [line] = [entry for entry in entries if entry["event"] == log_events.TASK_COMPLETED]
    assert (line["task_id"], line["type"], line["queue"]) == (task.id, "t", "default")

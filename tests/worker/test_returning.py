from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from pydantic import BaseModel

from backstage import Backoff, Next, TaskResult
from backstage.domain.backoff import Backoff as DomainBackoff
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, attempts, found, play

NOW = Backoff.fixed(0)


class Model(BaseModel):
    n: int


@dataclasses.dataclass
class Data:
    n: int


@pytest.mark.parametrize(
    ("returned", "result"),
    [
        (None, None),
        (0, 0),
        ("", ""),
        ([], []),
        ({"a": [1, None]}, {"a": [1, None]}),
        ((1, 2), [1, 2]),
        (Model(n=1), {"n": 1}),
        (Data(2), {"n": 2}),
        ([Model(n=1), Data(2)], [{"n": 1}, {"n": 2}]),
        (TaskResult(), None),
        (TaskResult(result={"ok": True}), {"ok": True}),
    ],
    ids=str,
)
async def test_what_a_handler_returns_is_the_tasks_result(workers: Workers, returned: Any, result: Any) -> None:
    task = await workers.run(lambda: returned)
    assert (task.state, task.result) == (TaskState.COMPLETED, result)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"rate": math.nan}, "result.rate: is nan, which JSON does not have"),
        ("x" * 5 * 1024 * 1024, "result: is 5,242,882 bytes of JSON, the limit is 1,048,576"),
        ({1, 2}, "result: is a set, which JSON does not have"),
        ({"a": object()}, "result.a: is a object, which JSON does not have"),
        (Next("next", math.inf), "payload: is inf"),
        (Next("not a type!"), "type: 'not a type!' is not a name"),
        (TaskResult(next=[Next("next"), Next("next", delay=-1)]), "delay: must lie between"),
    ],
    ids=["nan", "5 MiB", "set", "object", "next payload", "next type", "next delay"],
)
async def test_what_cannot_be_stored_fails_the_attempt_and_stores_nothing(
    workers: Workers, returned: Any, message: str
) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: returned, max_attempts=1)
    task = await play(worker, "t")
    assert (task.state, task.attempt) == (TaskState.FAILED, 1)
    assert task.last_failure is not None
    assert task.last_failure.type == "InvalidTaskDataError"
    assert message in task.last_failure.message
    assert (await worker.backstage.get_task_stats()).total == 1


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ValueError("no"), "ValueError: no"),
        ("in words", "HandlerFailed: in words"),
        (None, "HandlerFailed: the handler returned success=False"),
    ],
)
async def test_a_result_without_success_is_a_failed_attempt(workers: Workers, error: Any, failure: str) -> None:
    task = await workers.run(lambda: TaskResult(success=False, error=error), max_attempts=2, backoff=NOW)
    assert (task.state, task.attempt, str(task.last_failure)) == (TaskState.FAILED, 2, failure)


async def test_a_next_task_follows_in_the_same_workflow(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("first", lambda payload: Next("second", {"n": payload["n"] + 1}, result="done"))
    worker.on("second", lambda payload: payload["n"])
    first = await play(worker, "first", {"n": 1}, priority=7, correlation_id="order-1", queue="billing")
    [second] = await found(worker, type="second")
    assert (first.result, second.result) == ("done", 2)
    assert (second.correlation_id, second.workflow_id, second.origin_id) == ("order-1", first.id, first.id)
    assert (second.queue, second.priority) == ("billing", 7)


async def test_a_chain_of_three_is_one_workflow(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("a", lambda: Next("b"))
    worker.on("b", lambda: TaskResult(result=1, next=Next("c")))
    worker.on("c", lambda: None)
    first = await play(worker, "a")
    chain = await found(worker, workflow_id=first.id)
    assert sorted(task.type for task in chain) == ["a", "b", "c"]
    assert {task.correlation_id for task in chain} == {first.id}


@pytest.mark.parametrize(
    "returned",
    [[Next("b", 1), Next("b", 2)], (Next("b", 1), Next("b", 2)), TaskResult(next=[Next("b", 1), Next("b", 2)])],
    ids=["list", "tuple", "result"],
)
async def test_several_tasks_may_follow(workers: Workers, returned: Any) -> None:
    worker = workers.new(until_idle=True)
    worker.on("a", lambda: returned)
    worker.on("b", lambda payload: payload)
    assert (await play(worker, "a")).result is None
    assert sorted(task.result for task in await found(worker, type="b")) == [1, 2]


async def test_a_next_task_has_the_options_it_is_given(workers: Workers) -> None:
    following = Next("b", delay=3600, queue="other", priority=-5, max_attempts=9, timeout=4)
    worker = workers.new(until_idle=True)
    worker.on("a", lambda: following)
    first = await play(worker, "a")
    [second] = await found(worker, type="b")
    assert (second.queue, second.priority, second.max_attempts, second.timeout) == ("other", -5, 9, 4)
    assert first.finished_at is not None
    assert abs((second.scheduled_at - first.finished_at).total_seconds() - 3600) < 5


async def test_what_a_handler_enqueues_carries_the_correlation_id(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)

    @worker.on("a")
    async def a() -> None:
        await worker.enqueue("b")
        await worker.enqueue("b", correlation_id="own")

    worker.on("b", lambda: None)
    await play(worker, "a", correlation_id="order-1")
    chained = await found(worker, type="b")
    assert sorted(task.correlation_id for task in chained) == ["order-1", "own"]


async def test_nothing_of_one_run_clings_to_the_next(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    @worker.on("a")
    async def a() -> None:
        await worker.enqueue("b")

    worker.on("b", lambda: None)
    first = await worker.enqueue("a", correlation_id="one")
    second = await play(worker, "a", correlation_id="two")
    assert first is not None and second.correlation_id == "two"
    assert {task.correlation_id for task in await found(worker, type="b")} == {"one", "two"}


async def test_a_failed_completion_leaves_no_next_task(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("a", lambda: [Next("b"), Next("b", queue="no queue!")], max_attempts=1)
    task = await play(worker, "a")
    assert task.state is TaskState.FAILED
    assert await found(worker, type="b") == []
    [attempt] = await attempts(worker, task)
    assert attempt.failure is not None and "queue: " in attempt.failure.message


def test_the_public_backoff_is_the_domains() -> None:
    assert Backoff is DomainBackoff

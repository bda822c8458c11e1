from __future__ import annotations

import dataclasses
import math
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, Field

from backstage import Backoff, Next, TaskResult
from backstage.domain.backoff import Backoff as DomainBackoff
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, attempts, found, memory, play

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
        ({1, 2}, "result: is of type set, which JSON does not have"),
        ({"a": object()}, "result.a: is of type object, which JSON does not have"),
        (Next("next", math.inf), "payload: is inf"),
        (Next("not a type!"), "type: 'not a type!' is not a name"),
        (TaskResult(next=[Next("next"), Next("next", delay=-1)]), "delay: -1 is not between 0 seconds and 100 years"),
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


class Holder(BaseModel):
    inner: Any = None
    hidden: Any = Field(default=None, exclude=True)


@dataclasses.dataclass
class Keeper:
    inner: Any


class Parcel(msgspec.Struct):
    inner: Any


MISPLACED = {
    "a list with a hole": ([Next("b"), None], "result[0]"),
    "a pair": (({"paid": 5}, Next("b")), "result[1]"),
    "a mapping": ({"next": Next("b")}, "result.next"),
    "deep inside": ({"a": [{"b": (1, Next("b"))}]}, "result.a[0].b[1]"),
    "a dataclass": (Keeper(Next("b")), "result.inner"),
    "a struct": (Parcel(Next("b")), "result.inner"),
    "a model": (Holder(inner=[Next("b")]), "result.inner[0]"),
    "a field that is not dumped": (Holder(hidden=Next("b")), "result.hidden"),
    "a set": ({Next("b")}, "result"),
    "a list of lists": ([[Next("b")]], "result[0][0]"),
    "the result of a TaskResult": (TaskResult(result=[Next("b")]), "result[0]"),
    "the result of a Next": (Next("b", result={"n": Next("c")}), "result.n"),
    "the payload of a Next": (Next("b", {"n": Next("c")}), "payload.n"),
    "a TaskResult in a list": ([TaskResult(next=Next("b"))], "result[0]"),
    "a failure in a mapping": ({"outcome": TaskResult(success=False)}, "result.outcome"),
    "one of several": (TaskResult(next=[Next("b"), "c"]), "next[1]"),  # type: ignore[list-item]
    "a name": (TaskResult(next="b"), "next"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("returned", "path"), MISPLACED.values(), ids=MISPLACED)
async def test_a_next_in_any_other_place_fails_the_attempt_and_names_the_right_one(
    workers: Workers, returned: Any, path: str
) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: returned, max_attempts=1)
    task = await play(worker, "t")
    assert (task.state, task.result) == (TaskState.FAILED, None)
    assert task.last_failure is not None
    assert task.last_failure.message.startswith(f"{path}: ")
    assert "return Next(..., result=...)" in task.last_failure.message
    assert (await worker.backstage.get_task_stats()).total == 1


async def test_the_result_may_come_with_any_one_of_several(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("a", lambda: [Next("b"), Next("b", result="of a")])
    worker.on("b", lambda: None)
    assert (await play(worker, "a")).result == "of a"
    assert len(await found(worker, type="b")) == 2


async def test_a_result_that_is_given_twice_fails_the_attempt(workers: Workers) -> None:
    task = await workers.run(lambda: TaskResult(result=1, next=Next("t", result=2)), max_attempts=1)
    assert task.state is TaskState.FAILED
    assert task.last_failure is not None and "given more than once" in task.last_failure.message


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ({"next": "email:send", "payload": {"n": 1}, "delay": 5000}, 1),
        ({"next": "email:send"}, 1),
        ([{"next": "email:send"}, {"next": "sms:send", "delay": 1}], 1),
        ([{"next": "email:send"}, 1], 0),
        ({"next": "https://example.com/?page=2"}, 0),
        ({"next": "email:send", "rows": []}, 0),
        ({"next": None, "payload": {}}, 0),
    ],
)
async def test_a_mapping_that_looks_like_a_next_is_logged_once_for_its_type(
    workers: Workers, result: Any, lines: int
) -> None:
    log: list[dict[str, Any]] = []
    worker = workers.over(memory(), until_idle=True, log_handler=log.append)
    worker.on("t", lambda: result)
    await worker.enqueue("t")
    assert (await play(worker, "t")).result == result
    told = [line for line in log if line["event"] == "result_looks_like_next"]
    assert len(told) == lines
    assert all(line["type"] == "t" and "return Next(" in line["remedy"] for line in told)

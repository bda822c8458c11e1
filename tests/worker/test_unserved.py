"""A name that nobody serves is told of, where it can be known."""

from __future__ import annotations

from typing import Any

import pytest

from backstage import Worker, handler, listener
from backstage.domain.errors import ConfigurationError
from backstage.testing import TaskBench
from tests.worker.workers import Workers, finish, memory, until, until_some


def told(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in log if line["event"] == "tasks_unserved"]


async def test_a_worker_tells_of_due_tasks_of_a_type_that_nobody_serves(workers: Workers) -> None:
    log: list[dict[str, Any]] = []
    worker = workers.over(memory(), log_handler=log.append)
    worker.on("email:send", lambda: None)
    await worker.enqueue("email:sent")
    await worker.enqueue("email:send", queue="other")
    await worker.enqueue("email:sent", delay=3600, queue="later")
    await worker.start()
    await until(lambda: told(log))
    [line] = told(log)
    assert line["tasks"] == ["email:sent on queue default: did you mean email:send?"]
    assert line["level"] == "warning"


async def test_a_queue_that_is_not_served_is_told_of_with_the_nearest(workers: Workers) -> None:
    log: list[dict[str, Any]] = []
    worker = workers.over(memory(), log_handler=log.append, queues="mails")
    worker.on("send", lambda: None)
    await worker.enqueue("send", queue="mail")
    await worker.start()
    await until(lambda: told(log))
    assert told(log)[0]["tasks"] == ["send on queue mail: did you mean mails?"]


async def test_a_task_that_another_worker_serves_is_not_told_of(workers: Workers) -> None:
    backend, log = memory(), list[dict[str, Any]]()
    other = workers.over(backend, worker_id="other", concurrency=1)
    other.on("theirs", lambda: None)
    await other.start()
    await until_some(lambda: backend.registry.workers(60), 1)
    other.pause()
    await other.enqueue("theirs")
    worker = workers.over(backend, log_handler=log.append, until_idle=True)
    worker.on("ours", lambda: None)
    await finish(worker)
    assert [line["reason"] for line in told(log)] == ["this worker does not serve them"]


async def test_a_worker_that_ends_when_idle_names_the_due_tasks_that_it_leaves(workers: Workers) -> None:
    log: list[dict[str, Any]] = []
    worker = workers.over(memory(), log_handler=log.append, until_idle=True)
    worker.on("a", lambda: None)
    for number in range(12):
        await worker.enqueue(f"unknown-{number:02}")
    await finish(worker)
    last = told(log)[-1]
    assert (len(last["tasks"]), last["lanes"], last["tasks"][0]) == (10, 12, "unknown-00 on queue default")


@pytest.mark.parametrize("patterns", ["z*", ["a*", "z*"]])
async def test_a_pattern_that_no_handler_matches_is_refused(patterns: Any) -> None:
    worker = Worker("memory://", silent=True, types=patterns)
    worker.on("a", lambda: None)
    with pytest.raises(ConfigurationError, match=r"types: no handler has a type like 'z\*'; there are a"):
        await worker.start()


def function() -> None: ...


@pytest.mark.parametrize(
    "decorate",
    [handler, Worker("memory://", silent=True).on, TaskBench().on],
    ids=["handler", "Worker.on", "TaskBench.on"],
)
def test_a_decorator_without_parentheses_is_refused(decorate: Any) -> None:
    with pytest.raises(ConfigurationError, match="needs a task type: write @"):
        decorate(function)


@pytest.mark.parametrize("decorate", [listener, Worker("memory://", silent=True).listen])
def test_a_listener_without_parentheses_is_refused(decorate: Any) -> None:
    with pytest.raises(ConfigurationError, match="needs the name of an event: write @listener"):
        decorate(function)


async def test_a_due_task_without_a_handler_is_a_failure_of_a_bench() -> None:
    bench = TaskBench()
    bench.on("a", lambda: None)
    await bench.enqueue("a")
    await bench.enqueue("later", delay=60)
    await bench.drain()
    bench.assert_no_failures()
    await bench.enqueue("b")
    with pytest.raises(AssertionError, match="due tasks have no handler: register one for b"):
        bench.assert_no_failures()

from __future__ import annotations

from typing import Any

import pytest

from backstage.testing import TaskBench, new_context
from backstage.worker.handling.context import TaskContext


async def test_what_an_async_handler_enqueues_is_noted() -> None:
    async def handler(payload: Any, context: TaskContext) -> str:
        task = await context.enqueue("next", payload, delay=5)
        return str(task.id)

    context = new_context("t", correlation_id="c")
    task_id = await handler({"n": 1}, context)
    [task] = context.signals.enqueued
    assert (task.id, task.type, task.payload, task.correlation_id) == (task_id, "next", {"n": 1}, "c")
    assert (task.workflow_id, task.origin_id) == (context.task.workflow_id, context.task.id)


def test_what_another_handler_enqueues_is_noted() -> None:
    context = new_context("t")
    assert context.enqueue("next").type == "next"
    assert [each.type for each in context.signals.enqueued] == ["next"]


async def test_the_store_of_a_fake_context_is_given() -> None:
    with pytest.raises(RuntimeError, match=r"new_context\(backstage="):
        _ = new_context("t").backstage
    bench = TaskBench()
    assert new_context("t", backstage=bench.backstage).backstage is bench.backstage


async def test_handlers_on_a_bench_reach_its_store() -> None:
    bench = TaskBench()

    @bench.on("async")
    async def on_loop(context: TaskContext) -> Any:
        return (await context.backstage.get_task((await context.enqueue("next")).id)).type

    @bench.on("sync")
    def in_thread(context: TaskContext) -> Any:
        return context.backstage.get_task(context.enqueue("next").id).type

    for each in ("async", "sync"):
        parent = await bench.enqueue(each)
        assert parent is not None
        ran = await bench.run_one()
        assert ran is not None
        assert ran.result == "next", ran.last_failure
    assert bench.assert_enqueued("next", count=2)

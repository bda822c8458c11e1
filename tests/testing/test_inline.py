from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from backstage import Backoff, EnqueueTask, Next, TaskContext, Worker
from backstage.testing import EndlessWork, TaskBench


@pytest.fixture
def ran(bench: TaskBench) -> list[Any]:
    """The payloads of the tasks `note`, in the order they ran."""
    payloads = noting(bench)
    bench.run_inline()
    return payloads


def noting(bench: TaskBench) -> list[Any]:
    payloads: list[Any] = []

    @bench.on("note")
    def note(payload: Any) -> None:
        payloads.append(payload)

    return payloads


async def test_whoever_enqueues_finds_the_work_done(bench: TaskBench, ran: list[Any]) -> None:
    worker = Worker(container=bench.backstage)
    await bench.enqueue("note", 1)
    await bench.backstage.enqueue_task(EnqueueTask("note", 2))
    await bench.backstage.enqueue_tasks([EnqueueTask("note", 3), EnqueueTask("note", 4)])
    await worker.enqueue("note", 5)
    assert ran == [1, 2, 3, 4, 5]
    assert bench.enqueued() == []


async def test_the_answer_is_the_task_as_it_was_stored(bench: TaskBench, ran: list[Any]) -> None:
    task = await bench.enqueue("note", 1)
    assert task is not None
    assert task.state == "pending"
    assert (await bench.backstage.get_task(task.id)).state == "completed"


async def test_chained_tasks_run_too(bench: TaskBench, ran: list[Any]) -> None:
    bench.on("order", lambda: Next("note", "shipped"))
    await bench.enqueue("order")
    assert ran == ["shipped"]


async def test_what_a_handler_enqueues_runs_when_it_has_returned(bench: TaskBench, ran: list[Any]) -> None:
    seen: list[int] = []

    @bench.on("order")
    async def order() -> None:
        await bench.enqueue("note", "paid")
        seen.append(len(ran))

    await bench.enqueue("order")
    assert (seen, ran) == ([0], ["paid"])


async def test_so_does_what_a_listener_enqueues(bench: TaskBench, ran: list[Any]) -> None:
    async def tell(event: Any) -> None:
        if event.task.type == "order":
            await bench.enqueue("note", "told")

    bench.events.on("worker-task:completed", tell)
    bench.on("order", lambda: None)
    await bench.enqueue("order")
    assert ran == ["told"]


async def test_what_is_due_later_waits_for_the_clock(bench: TaskBench, ran: list[Any]) -> None:
    await bench.enqueue("note", 1, delay=60)
    assert ran == []
    bench.clock.advance(60)
    await bench.drain()
    assert ran == [1]


async def test_a_failure_is_kept_and_its_retry_waits(bench: TaskBench, ran: list[Any]) -> None:
    @bench.on("breaks", backoff=Backoff.fixed(10))
    def breaks(context: TaskContext) -> None:
        raise ValueError("no")

    await bench.enqueue("breaks")
    assert [str(failed.error) for failed in bench.failures] == ["no"]
    bench.assert_enqueued("breaks", delay=10)


async def test_a_failed_run_does_not_reach_whoever_enqueued(bench: TaskBench, ran: list[Any]) -> None:
    bench.on("breaks", lambda: 1 / 0)
    assert await bench.enqueue("breaks") is not None
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        bench.assert_no_failures()


async def test_a_type_without_a_handler_stays_to_be_asserted(bench: TaskBench, ran: list[Any]) -> None:
    await bench.enqueue("mail", {"to": "ada"})
    bench.assert_enqueued("mail", {"to": "ada"}, count=1)


async def test_several_that_enqueue_at_once_each_find_their_work_done(bench: TaskBench, ran: list[Any]) -> None:
    async def enqueue(number: int) -> bool:
        await bench.enqueue("note", number)
        return number in ran

    assert await asyncio.gather(*map(enqueue, range(20))) == [True] * 20


async def test_work_that_never_ends_is_found_out(bench: TaskBench, ran: list[Any]) -> None:
    numbers = itertools.count()
    bench.on("again", lambda: Next("again", next(numbers)))
    with pytest.raises(EndlessWork, match="again"):
        await bench.enqueue("again")


async def test_nothing_runs_inline_unless_it_is_asked_for(bench: TaskBench) -> None:
    ran = noting(bench)
    await bench.enqueue("note", 1)
    assert ran == []

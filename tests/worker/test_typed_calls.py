from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, Field, computed_field

from backstage import (
    BlockingContainer,
    Container,
    InvalidTaskDataError,
    Queue,
    ResultGoneError,
    Task,
    TaskContext,
    TaskFailedError,
    TaskType,
    TypedTask,
    handler,
)
from backstage.testing import TaskBench, new_context
from tests.worker import typed_types
from tests.worker.typed_types import COUNT, EMAIL, NIGHTLY, Email, Receipt, send
from tests.worker.workers import Workers


async def test_a_typed_call_is_run_by_the_handler_of_its_type() -> None:
    async with TaskBench(typed_types) as bench:
        task = await bench.enqueue(EMAIL, Email(to="ada"))
        assert (task.type, task.queue, task.priority, task.payload) == (
            "email:send",
            "mail",
            5,
            {"to": "ada", "copies": 1},
        )
        [ran] = await bench.drain()
        assert ran.result == {"to": "ada", "number": 1}
        assert (await bench.backstage.get_task(task.id)).id == task.id


async def test_the_handler_stays_a_plain_function() -> None:
    assert await send(Email(to="ada")) == Receipt("ada", 1)


async def test_what_a_call_says_goes_before_what_its_type_says() -> None:
    async with TaskBench() as bench:
        task = await bench.enqueue(EMAIL, Email(to="ada"), queue="slow", delay=60)
        assert (task.queue, task.priority) == ("slow", 5)


async def test_limits_are_those_of_the_handler_and_not_of_the_stored_task() -> None:
    seen = []

    @handler(EMAIL, max_attempts=7)
    async def noting(email: Email, context: TaskContext) -> None:
        seen.append((context.limits.timeout, context.limits.retry.max_attempts))

    async with TaskBench() as bench:
        bench.on(EMAIL, noting, max_attempts=7)
        task = await bench.enqueue(EMAIL, Email(to="ada"))
        await bench.drain()
    assert (task.timeout, task.max_attempts) == (None, None)
    assert seen == [(30, 7)]


@pytest.mark.parametrize(
    ("task_type", "payload", "field"),
    [
        (EMAIL, {"to": 3}, "payload.to"),
        (EMAIL, {"to": "ada", "copies": 4}, "payload.copies"),
        (EMAIL, None, "payload"),
        (COUNT, {"a": "many"}, "payload.a"),
        (NIGHTLY, {"a": 1}, "payload"),
    ],
)
async def test_a_payload_that_its_type_does_not_read_is_refused_before_it_is_stored(
    task_type: TaskType[Any, Any], payload: Any, field: str
) -> None:
    async with TaskBench() as bench:
        with pytest.raises(InvalidTaskDataError) as refused:
            await bench.enqueue(task_type, payload)
        assert [each.field for each in refused.value.fields] == [field]
        assert bench.enqueued() == []


async def test_many_are_stored_at_once_and_the_first_wrong_one_is_named() -> None:
    async with TaskBench() as bench:
        tasks = await bench.enqueue_many(COUNT, [{"a": 1}, {"b": 2}], queue="sums")
        assert [(each.payload, each.queue) for each in tasks if isinstance(each, TypedTask)] == [
            ({"a": 1}, "sums"),
            ({"b": 2}, "sums"),
        ]
        wrong: Any = {"c": "three"}
        with pytest.raises(InvalidTaskDataError, match=r"tasks\[1\].payload.c"):
            await bench.enqueue_many(COUNT, [{"a": 1}, wrong])
        assert len(bench.enqueued()) == 2
        keyed = TaskType("keyed", dict[str, str], key=lambda payload: payload["tenant"])
        with pytest.raises(InvalidTaskDataError, match=r"tasks\[1\].key: cannot be told from the payload"):
            await bench.enqueue_many(keyed, [{"tenant": "a"}, {}])


async def test_a_handler_without_annotation_reads_by_the_type_that_it_is_registered_by() -> None:
    read = []

    def note(email):  # type: ignore[no-untyped-def] # has no annotation
        read.append(email)

    async with TaskBench() as bench:
        bench.on(EMAIL, note)
        await bench.enqueue("email:send", {"to": "ada"}, queue="mail")
        await bench.drain()
    assert read == [Email(to="ada")]


async def test_a_typed_task_is_the_task_that_the_store_has_and_knows_its_type() -> None:
    async with TaskBench() as bench:
        task = await bench.enqueue(EMAIL, Email(to="ada"))
        stored = await bench.backstage.get_task(task.id)
        assert task == stored and stored == task
        assert task.task_type is EMAIL


async def test_a_type_may_be_chained_and_enqueued_by_a_handler() -> None:
    async def begin(context: TaskContext) -> Any:
        await context.enqueue(COUNT, {"a": 1})
        return EMAIL.next(Email(to="ada"), delay=5)

    async with TaskBench() as bench:
        bench.on(NIGHTLY, begin)
        await bench.enqueue(NIGHTLY, None)
        await bench.drain()
        bench.assert_enqueued("email:send", payload=Email(to="ada"), queue="mail", delay=5)
        bench.assert_enqueued("count", {"a": 1})
    assert bench.failures == []
    context = new_context()
    await context.enqueue(COUNT, {"a": 1})
    assert context.signals.enqueued[0].payload == {"a": 1}


async def test_a_schedule_has_its_payload_checked_when_it_is_made() -> None:
    async with TaskBench(typed_types) as bench:
        schedule = await bench.backstage.schedule(EMAIL, Email(to="ada"), cron="0 8 * * *", name="morning")
        assert (schedule.cron.task_name, schedule.cron.queue, schedule.cron.args["to"]) == ("email:send", "mail", "ada")
        wrong: Any = {"to": 1}
        with pytest.raises(InvalidTaskDataError, match=r"payload.to"):
            await bench.backstage.schedule(EMAIL, wrong, cron="0 8 * * *", name="wrong")


def test_scripts_call_by_type_without_awaiting() -> None:
    with BlockingContainer("memory://", silent=True) as backstage:
        task = backstage.enqueue(EMAIL, Email(to="ada"))
        assert task.task_type is EMAIL
        assert len(backstage.enqueue_many(COUNT, [{"a": 1}, {"b": 2}])) == 2
        assert backstage.schedule(COUNT, {"a": 1}, cron="0 8 * * *").cron.queue == "default"


@pytest.mark.parametrize(
    ("options", "field"),
    [({"queue": "no queue"}, "queue"), ({"timeout": -1}, "timeout"), ({"backoff": 3}, "backoff")],
)
def test_an_option_that_cannot_be_is_refused_where_the_type_is_made(options: Any, field: str) -> None:
    with pytest.raises(InvalidTaskDataError, match=field):
        TaskType("email:send", Email, **options)


def test_a_module_of_types_and_handlers_is_imported_without_the_worker_s_loops() -> None:
    program = "import sys, tests.worker.typed_types; print('backstage.worker' in str(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


class Invoice(BaseModel):
    number: int = Field(alias="invoiceNumber")
    lines: list[str] = []

    @computed_field
    def length(self) -> int:
        return len(self.lines)


INVOICE = TaskType("invoice:make", int, Invoice)
MADE = {"run_in": "process"}


def make_invoice(number: int) -> Invoice:
    return Invoice(invoiceNumber=number, lines=["one"])


@pytest.mark.parametrize("options", [{}, MADE])
async def test_a_result_is_read_by_its_type_wherever_its_handler_ran(workers: Workers, options: Any) -> None:
    worker = workers.new()
    worker.on(INVOICE, make_invoice, **options)
    await worker.start()
    task = await worker.enqueue(INVOICE, 7)
    assert await worker.backstage.result(task, timeout=60) == make_invoice(7)
    assert await worker.backstage.call(INVOICE, 8, timeout=60) == make_invoice(8)
    assert await worker.backstage.result(task.id) == {"number": 7, "lines": ["one"], "length": 1}


async def test_a_result_that_does_not_fit_its_type_is_told_by_its_path() -> None:
    async with TaskBench() as bench:
        bench.on(INVOICE, lambda number: {"number": "seven"})
        task = await bench.enqueue(INVOICE, 7)
        await bench.drain()
        with pytest.raises(InvalidTaskDataError, match=r"result\.(number|invoiceNumber)"):
            await bench.backstage.result(task)


async def test_a_result_is_kept_as_long_as_its_type_says(workers: Workers) -> None:
    worker = workers.new(prune_interval=0.1)
    worker.on("kept", lambda payload: 1)
    worker.on("short", lambda payload: 2, keep_result_for=0.0)
    worker.on("long", lambda payload: "x" * 100, result_limit=100, max_attempts=1)
    await worker.start()
    backstage = worker.backstage
    assert await backstage.call("kept", timeout=60) == 1
    task = await worker.enqueue("short")
    async with asyncio.timeout(60):
        while not await is_gone(backstage, task):  # noqa: ASYNC110 - the pruner brings it about
            await asyncio.sleep(0.02)
    with pytest.raises(TaskFailedError, match=r"result: is 102 bytes of JSON, the limit is 100"):
        await backstage.call("long", timeout=60)


async def is_gone(backstage: Container, task: Task) -> bool:
    try:
        await backstage.result(task.id, timeout=60)
    except ResultGoneError as error:
        return error.since is not None
    return False


def test_what_cannot_bound_a_result_is_refused() -> None:
    for wrong in ({"keep_result_for": -1}, {"result_limit": 0}, {"result_limit": 2**30}):
        with pytest.raises(InvalidTaskDataError, match=next(iter(wrong))):
            TaskType("t", int, **wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidTaskDataError, match=next(iter(wrong))):
            Queue("q", **wrong)  # type: ignore[arg-type]

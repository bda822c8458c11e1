"""Calls as users write them. mypy and pyright must find fault with the lines marked `# wrong`, and with no others."""

from __future__ import annotations

import math
from typing import Any, Unpack, assert_type

from backstage import (
    Backoff,
    BlockingContainer,
    Broadcast,
    Container,
    Dedupe,
    EnqueueOptions,
    EnqueueTask,
    QueueProcessor,
    Scheduler,
    SettingOptions,
    Settings,
    Task,
    TaskContext,
    TaskType,
    TypedTask,
    Worker,
    WorkerService,
    handler,
)
from backstage.testing import TaskBench


async def enqueues(worker: Worker, container: Container, bench: TaskBench) -> None:
    for place in (worker, container, bench):
        assert_type(await place.enqueue("mail", {"to": "ada"}, priority=1, backoff=Backoff.fixed(1)), Task)
        assert_type(await place.enqueue("mail", dedupe="ada", delay=5), Task | None)
        await place.enqueue("mail", prioritty=1)  # wrong
        await place.enqueue("mail", priority="high")  # wrong
    assert_type(await worker.schedule("mail", None, 60, queue="slow"), Task)
    assert_type(await worker.schedule("mail", None, 60, dedupe=Dedupe("ada", 5)), Task | None)
    await worker.schedule("mail", None, 60, quue="slow")  # wrong
    str((await worker.enqueue("mail", dedupe="ada")).id)  # wrong
    str((await container.enqueue_task(EnqueueTask("mail"))).id)  # wrong


def enqueues_and_waits(container: BlockingContainer) -> None:
    assert_type(container.enqueue("mail", id="0194", metadata={"tenant": "north"}), Task)
    assert_type(container.enqueue("mail", dedupe="ada"), Task | None)
    container.enqueue("mail", max_attemps=1)  # wrong


async def passes_on(worker: Worker, **options: Unpack[EnqueueOptions]) -> Task | None:
    return await worker.enqueue("mail", **options)


async def enqueues_from_a_handler(context: TaskContext) -> None:
    await context.enqueue("mail", queue="slow")
    await context.enqueue("mail", quue="slow")  # wrong


async def opens(**settings: Unpack[SettingOptions]) -> None:
    Worker("memory://", queues="mail", concurrency=20, timeout=None, keep_failed="none", silent=True)
    Worker("memory://", concurency=20)  # wrong
    Worker("memory://", concurrency="many")  # wrong
    WorkerService("memory://", **settings)
    WorkerService("memory://", lease=5.0)
    WorkerService("memory://", leas=5.0)  # wrong
    Scheduler("memory://", schedule_interval=1)
    Scheduler("memory://", shedule_interval=1)  # wrong
    Broadcast("memory://", pol_interval=1)  # wrong
    BlockingContainer("memory://", silent=True)
    BlockingContainer("memory://", silnt=True)  # wrong
    Settings.load(url="memory://", http="127.0.0.1:0")
    Settings.load(url="memory://", htp="127.0.0.1:0")  # wrong
    async with Container.open("memory://", log_level="debug", prefetch="auto", wait=None):
        pass
    async with Container.open("memory://", log_levl="debug"):  # wrong
        pass


@handler("mail", timeout=30, run_in="process")
def marked(payload: Any) -> None: ...


@handler("mail", timeut=30)  # wrong
def marked_wrongly(payload: Any) -> None: ...


def registers(worker: Worker, service: WorkerService) -> None:
    assert_type(worker.on("mail", print, max_attempts=3)("x"), None)
    worker.on("mail", print, max_attempt=3)  # wrong
    worker.on("mail", max_attempt=3)  # wrong
    assert_type(service.register_processor("mail", concurrency=2, keep_failed=math.inf), QueueProcessor)
    service.register_processor("mail", concurency=2)  # wrong


class Email:
    to: str


class Receipt: ...


EMAIL = TaskType("email:send", Email, Receipt, queue="mail", timeout=30, backoff=Backoff.fixed(1))
PLAIN = TaskType("plain", dict[str, int])
NIGHTLY = TaskType("nightly", None, int)
KEYED = TaskType("email:send", Email, Receipt, key=lambda email: email.to, version=2, tags=("vip",))
TaskType("email:send", Email, key=lambda email: email.frm)  # wrong
TaskType("email:send", Email, quue="mail")  # wrong
TaskType("email:send", Email, timeout="long")  # wrong


async def calls_by_type(worker: Worker, container: Container, bench: TaskBench, django: BlockingContainer) -> None:
    for place in (worker, container, bench):
        assert_type(await place.enqueue(EMAIL, Email(), delay=5), TypedTask[Receipt])
        assert_type(await place.enqueue(EMAIL, Email(), dedupe="ada"), TypedTask[Receipt] | None)
        assert_type(await place.enqueue(PLAIN, {"a": 1}), TypedTask[Any])
        assert_type(await place.enqueue(NIGHTLY, None), TypedTask[int])
        await place.enqueue(EMAIL, Receipt())  # wrong
        await place.enqueue(EMAIL, {"to": "ada"})  # wrong
        await place.enqueue(EMAIL)  # wrong
        await place.enqueue(PLAIN, {"a": "one"})  # wrong
        await place.enqueue(EMAIL, Email(), prioritty=1)  # wrong
        await place.enqueue_many(EMAIL, [Email(), Email()], queue="slow")
        await place.enqueue_many(EMAIL, [Receipt()])  # wrong
    assert_type(await worker.schedule(EMAIL, Email(), 60), TypedTask[Receipt])
    await worker.schedule(EMAIL, Receipt(), 60)  # wrong
    await container.schedule(EMAIL, Email(), cron="0 8 * * *", overlap="skip")
    await container.schedule(EMAIL, Receipt(), cron="0 8 * * *")  # wrong
    await container.schedule(EMAIL, Email(), crn="0 8 * * *")  # wrong
    assert_type(django.enqueue(EMAIL, Email()), TypedTask[Receipt])
    django.enqueue(EMAIL, Receipt())  # wrong
    django.schedule(EMAIL, Email(), cron="0 8 * * *", jitter="much")  # wrong
    EMAIL.next(Receipt())  # wrong


@EMAIL.handler
async def send(email: Email, context: TaskContext) -> Receipt:
    await context.enqueue(EMAIL, email)
    await context.enqueue(EMAIL, Receipt())  # wrong
    return Receipt()


async def calls_the_plain_function(context: TaskContext) -> None:
    assert_type(await send(Email(), context), Receipt)
    await send(Receipt(), context)  # wrong


class Answer:
    text: str


ASK = TaskType("ask", str, Answer)


async def waits(container: Container) -> None:
    task = await container.enqueue(ASK, "why")
    assert_type(await container.result(task, timeout=1), Answer)
    assert_type(await container.call(ASK, "why", timeout=1), Answer)
    assert_type(await container.results([task]), list[Answer])
    assert_type(await container.call("ask", "why"), Any)
    await container.call(ASK, 7)  # wrong
    await container.call(ASK, "why", quue="slow")  # wrong
    async for end in container.as_completed([task, task.id]):
        str(end.task_id)
    async for event in container.follow(task, after=3):
        assert_type(event.number, int)


def waits_blocking(container: BlockingContainer) -> None:
    task = container.enqueue(ASK, "why")
    assert_type(container.result(task), Answer)
    assert_type(container.call(ASK, "why", timeout=1), Answer)
    container.result(7)  # wrong

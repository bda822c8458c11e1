"""Tasks in their queues: order, delay, keys, dead letters, cancellation, statistics."""

from __future__ import annotations

import asyncio

import pytest

from backstage import Dedupe, EnqueueTask, GiveUp, Priority, Queue, TaskContext
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, finish, found, reached, until


class Noted:
    """What ran, in order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def note(self, name: str) -> None:
        self.names.append(name)


async def test_higher_priorities_run_first_and_equal_ones_in_order(workers: Workers) -> None:
    worker, order = workers.new(until_idle=True, concurrency=1), Noted()
    worker.on("t", order.note)
    await worker.enqueue("t", "low", priority=Priority.LOW)
    await worker.enqueue("t", "first")
    await worker.enqueue("t", "second")
    await worker.enqueue("t", "urgent", priority=Priority.URGENT)
    await worker.enqueue("t", "most", priority=Priority.URGENT + 1)
    await finish(worker)
    assert order.names == ["most", "urgent", "first", "second", "low"]


async def test_a_worker_serves_its_queues_by_rank_and_only_its_types(workers: Workers) -> None:
    queues = [Queue("billing", priority=1), Queue("mail")]
    worker, order = workers.new(until_idle=True, concurrency=1, queues=queues, types="email:*"), Noted()
    worker.on("email:send", order.note)
    worker.on("sms:send", order.note)
    await worker.enqueue("email:send", "mail", queue="mail")
    await worker.enqueue("email:send", "billing", queue="billing")
    await worker.enqueue("email:send", "elsewhere", queue="other")
    await worker.enqueue("sms:send", "another type", queue="mail")
    await finish(worker)
    assert order.names == ["billing", "mail"]
    assert (await worker.backstage.get_task_stats()).pending == 2


async def test_a_delayed_task_waits_for_its_time_and_can_be_cancelled_before(workers: Workers) -> None:
    worker, ran = workers.new(), Noted()
    worker.on("t", ran.note)
    soon = await worker.schedule("t", "soon", 0.1)
    late = await worker.schedule("t", "late", 3600)
    dated = await worker.enqueue("t", "dated", scheduled_at="2099-01-31T08:00:00+01:00")
    assert late is not None and dated is not None
    await worker.start()
    await reached(worker, soon, TaskState.COMPLETED)
    await worker.backstage.cancel_task(late.id)
    assert ran.names == ["soon"]
    assert [(await worker.backstage.get_task(task.id)).state for task in (late, dated)] == [
        TaskState.CANCELLED,
        TaskState.PENDING,
    ]


async def test_a_dedupe_key_lets_one_task_through_and_a_failed_enqueue_leaves_none(workers: Workers) -> None:
    worker = workers.new()
    assert await worker.enqueue("t", dedupe=Dedupe("today", ttl=3600)) is not None
    assert await worker.enqueue("t", dedupe=Dedupe("today", ttl=3600)) is None
    with pytest.raises(InvalidTaskDataError):
        await worker.enqueue("t", {"n": float("inf")}, dedupe="tomorrow")
    assert await worker.enqueue("t", dedupe="tomorrow") is not None


async def test_dead_letters_are_listed_replayed_and_purged_by_queue(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    def gives_up() -> None:
        raise GiveUp("never")

    worker.on("t", gives_up)
    mail = await worker.enqueue("t", queue="mail")
    await worker.enqueue("t", queue="mail")
    await worker.enqueue("t", queue="billing")
    await finish(worker)
    assert mail is not None
    backstage = worker.backstage
    dead = await found(worker, states=frozenset({TaskState.FAILED}), queue="mail")
    assert len(dead) == 2
    [record] = await backstage.get_attempts(mail.id)
    assert record.failure is not None and "never" in str(record.failure)
    assert (await backstage.retry_task(mail.id, reset_attempts=True)).state is TaskState.PENDING
    assert await backstage.replay_dead_letters("mail") == 1
    assert await backstage.purge_dead_letters("billing") == 1
    stats = await backstage.get_task_stats()
    assert (stats.by_queue["mail"].pending, stats.by_queue["mail"].failed) == (2, 0)


async def test_use_cases_are_called_through_the_container(workers: Workers) -> None:
    worker = workers.new()
    async with worker:
        backstage = worker.backstage
        first = await backstage.enqueue_task(EnqueueTask("t", {"n": 1}))
        many = await backstage.enqueue_tasks([EnqueueTask("t", queue="bulk") for _ in range(20)])
        assert isinstance(first, Task) and len(many) == 20
        cancelled = await backstage.cancel_task(first.id)
        assert cancelled.state is TaskState.CANCELLED
        assert (await backstage.retry_task(first.id)).state is TaskState.PENDING
        page = await backstage.find_tasks(TaskQuery(queue="bulk", limit=15))
        assert len(page.tasks) == 15 and page.next_after is not None
        await backstage.cancel_task(first.id)
        assert await backstage.cleanup_old_tasks(max_age=0) == 1
        assert (await backstage.get_task_stats()).pending == 20


async def test_a_cancelled_task_ends_at_once_or_when_its_handler_has_heard(workers: Workers) -> None:
    worker, heard = workers.new(), []

    @worker.on("t")
    async def waits(context: TaskContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            heard.append(context.is_cancel_requested())

    running = await worker.enqueue("t")
    waiting = await worker.schedule("t", None, 3600)
    assert running is not None and waiting is not None
    await worker.start()
    await reached(worker, running, TaskState.RUNNING)
    assert (await worker.backstage.cancel_task(waiting.id)).state is TaskState.CANCELLED
    await worker.backstage.cancel_task(running.id)
    assert (await reached(worker, running)).state is TaskState.CANCELLED
    await until(lambda: heard == [True])


async def test_statistics_count_every_state_by_queue_and_type_and_outlive_tasks(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    def gives_up() -> None:
        raise GiveUp("never")

    worker.on("good", lambda: None)
    worker.on("bad", gives_up)
    for name in ("good", "good", "bad"):
        await worker.enqueue(name, queue="mail")
    late = await worker.schedule("good", None, 3600)
    gone = await worker.schedule("good", None, 3600)
    assert late is not None and gone is not None
    await worker.backstage.cancel_task(gone.id)
    await finish(worker)
    backstage = worker.backstage
    stats = await backstage.get_task_stats()
    assert (stats.pending, stats.running, stats.completed, stats.failed, stats.cancelled) == (1, 0, 2, 1, 1)
    assert (stats.total, stats.by_queue["mail"].completed, stats.by_type["bad"].failed) == (5, 2, 1)
    assert await backstage.cleanup_old_tasks(max_age=0) == 4
    after = await backstage.get_task_stats()
    assert (after.completed, after.total, after.pruned) == (2, 5, 4)

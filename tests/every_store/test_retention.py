"""What is kept of each queue, and what the statistics still know of the rest."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from backstage import GiveUp, Queue, TaskContext, Worker
from backstage.domain.errors import ConfigurationError
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import FINAL_STATES, TaskState
from tests.every_store.conftest import OneStore
from tests.worker.workers import DEADLINE, reached

ENDS = ("completed", "failed", "cancelled")


def ending(store: OneStore, **options: Any) -> Worker:
    """A worker whose tasks end as their payload says."""
    worker = store.worker(prune_interval=0.1, **options)

    @worker.on("end")
    async def end(how: str, context: TaskContext) -> None:
        if how == "failed":
            raise GiveUp("as told")
        if how == "cancelled":
            context.cancel("as told")

    return worker


async def end(worker: Worker, queue: str, times: int = 3) -> None:
    for how in ENDS:
        for _ in range(times):
            await reached(worker, await worker.enqueue("end", how, queue=queue), TaskState(how))


async def kept(worker: Worker, queue: str) -> dict[str, int]:
    """How many tasks of the queue are stored, by the state they ended in."""
    tasks = (await worker.backstage.find_tasks(TaskQuery(queue=queue, states=FINAL_STATES))).tasks
    return {how: sum(task.state == how for task in tasks) for how in ENDS}


async def until_kept(worker: Worker, queue: str, **wanted: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while await kept(worker, queue) != wanted:  # noqa: ASYNC110 - only the store knows
            await asyncio.sleep(0.02)


async def test_workers_keep_the_last_tasks_of_each_queue_by_settings_and_queue_options(store: OneStore) -> None:
    worker = ending(
        store,
        keep_completed=1,
        keep_failed=2,
        keep_cancelled=1,
        retention="reports.keep_completed=2,reports.keep_failed=none",
    )
    await worker.start()
    await end(worker, "mail")
    await end(worker, "reports")
    await until_kept(worker, "mail", completed=1, failed=2, cancelled=1)
    await until_kept(worker, "reports", completed=2, failed=3, cancelled=1)
    stats = await worker.backstage.get_task_stats()
    for queue in ("mail", "reports"):
        counts = stats.by_queue[queue]
        assert (counts.completed, counts.failed, counts.cancelled, counts.total) == (3, 3, 3, 9)
    assert stats.pruned == 5 + 3


async def test_workers_delete_what_is_too_old_of_each_queue(store: OneStore) -> None:
    worker = ending(store, queues=["mail", "reports"], retention="mail.keep_completed_for=0,mail.keep_failed_for=0")
    await worker.start()
    for queue in ("mail", "reports"):
        for how in ENDS:
            await worker.enqueue("end", how, queue=queue)  # what is deleted at once may never be seen ended
    await until_kept(worker, "reports", completed=1, failed=1, cancelled=1)
    async with asyncio.timeout(DEADLINE):
        while (await worker.backstage.get_task_stats()).pruned < 2:  # noqa: ASYNC110 - only the store knows
            await asyncio.sleep(0.02)
    await until_kept(worker, "mail", completed=0, failed=0, cancelled=1)
    assert await kept(worker, "reports") == {"completed": 1, "failed": 1, "cancelled": 1}


async def test_a_prune_on_demand_respects_the_retention_of_each_queue(store: OneStore) -> None:
    worker = ending(store)
    await worker.start()
    await end(worker, "mail")
    await end(worker, "reports")
    queues = [Queue("reports", keep_failed=1, keep_completed=math.inf)]
    settings = worker.settings.with_options(keep_completed=0, keep_failed=0, retention={"mail": {"keep_failed": 2}})
    assert await worker.backstage.prune_tasks(settings.retentions(queues)) == 3 + 1 + 2
    assert await kept(worker, "mail") == {"completed": 0, "failed": 2, "cancelled": 3}
    assert await kept(worker, "reports") == {"completed": 3, "failed": 1, "cancelled": 3}


async def test_many_are_deleted_in_bounded_batches(store: OneStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstage.app.prune_tasks._BATCH", 4)
    worker = ending(store, keep_completed=0)
    limits: list[int] = []
    prune = worker.backstage.backend.tasks.prune

    async def watched(retention: Any, limit: int) -> int:
        limits.append(limit)
        return await prune(retention, limit)

    monkeypatch.setattr(worker.backstage.backend.tasks, "prune", watched)
    for _ in range(30):
        await worker.enqueue("end", "completed")
    await worker.start()
    async with asyncio.timeout(DEADLINE):
        while (await worker.backstage.get_task_stats()).pruned < 30:  # noqa: ASYNC110 - only the store knows
            await asyncio.sleep(0.02)
    assert set(limits) == {4}
    assert (await worker.backstage.get_task_stats()).completed == 30


def test_a_queue_says_what_it_keeps_in_code() -> None:
    keeping = Queue("mail", keep_failed=10, keep_failed_for=math.inf).keeping
    assert keeping.said() == {"keep_failed": 10, "keep_failed_for": math.inf}


@pytest.mark.parametrize("wrong", ["mail.keep_failed=many", "keep_failed=1", "mail.keep=1", "no name.keep_failed=1"])
async def test_a_retention_that_is_none_is_refused(store: OneStore, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="retention"):
        store.container(retention=wrong)

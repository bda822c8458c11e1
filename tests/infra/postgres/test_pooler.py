"""Behind a pooler in transaction mode, where no session state lasts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.structured_logging import new_logger
from backstage.testing.fake_clock import FakeClock
from tests.servers.pooler import PgBouncer
from tests.servers.transaction_pooler import TransactionPooler


@pytest.fixture
async def pooled(
    url: str, pooler: Callable[..., PgBouncer | TransactionPooler], clock: FakeClock, new_task: TaskFactory
) -> AsyncIterator[Trial]:
    through = pooler(url).url
    async with on_trial(lambda clock: PostgresBackend.from_url(through, clock), clock, new_task) as pooled:
        yield pooled


async def test_workers_drain_a_queue_and_run_each_task_once(pooled: Trial) -> None:
    tasks = [pooled.new_task() for _ in range(60)]
    await asyncio.gather(*(pooled.tasks.add([task]) for task in tasks))
    runs: Counter[str] = Counter()

    async def drain(worker_id: str) -> None:
        while batch := await pooled.claim(3, worker_id=worker_id):
            runs.update(task.id for task in batch)
            await pooled.queue.settle([task.completed() for task in batch])

    await asyncio.gather(*(drain(f"w{n}") for n in range(6)))
    assert runs == Counter(task.id for task in tasks)


async def test_keys_saves_and_counts_are_what_they_are_without_it(pooled: Trial) -> None:
    holder = await pooled.added(dedupe=Dedupe("k"))
    assert await pooled.tasks.add([pooled.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]
    await pooled.tasks.save(holder.cancel(pooled.clock.now()))
    assert await pooled.tasks.add([pooled.new_task(dedupe=Dedupe("k"))]) == [None]
    assert sum(number for number, _ in (await pooled.tally()).values()) == 2


@pytest.mark.parametrize("size", [1, 2])
async def test_a_listener_that_hears_nothing_says_so_once_and_lets_the_waiter_poll(
    url: str,
    pooler: Callable[..., PgBouncer | TransactionPooler],
    size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backstage.infra.postgres.wakeup._ANSWERED_WITHIN", 0.2)
    entries: list[Mapping[str, Any]] = []
    wakeups: list[int] = []
    logger = new_logger(log_handler=entries.append, silent=True)
    backend = PostgresBackend.from_url(pooler(url, size=size).url, None, logger=logger)
    await backend.open()
    async with backend.wakeup() as wakeup, asyncio.timeout(20):
        while len(wakeups) < 2:
            await wakeup.wait(20)
            wakeups.append(len(entries))
    await backend.close()
    assert [(entry["event"], entry["level"]) for entry in entries] == [("notifications_missing", "warning")]


async def test_nobody_waits_for_the_test_of_notifications_before_work_is_claimed(
    url: str, pooler: Callable[..., PgBouncer | TransactionPooler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstage.infra.postgres.wakeup._ANSWERED_WITHIN", 3600.0)
    backend = PostgresBackend.from_url(pooler(url, size=2).url, None)
    await backend.open()
    async with asyncio.timeout(20), backend.wakeup():
        pass
    await backend.close()


async def test_the_doctor_notices_it(pooled: Trial) -> None:
    backend = pooled.backend
    assert isinstance(backend, PostgresBackend)
    found = {finding.name: finding for finding in await backend.diagnose()}
    assert found["pooler"].status == "warning"
    assert found["schema"].status == "ok"

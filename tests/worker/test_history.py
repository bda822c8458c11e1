"""What a worker leaves behind of what it ran."""

from __future__ import annotations

import contextlib

from backstage import Backoff
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.lease import Lease
from backstage.domain.ports.run_history import HistoryBatch
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES
from backstage.infra.memory.backend import MemoryBackend
from backstage.testing.fake_clock import FakeClock
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.watching.metrics import WorkerMetrics
from tests.worker.workers import Workers, finish, memory


def fails(payload: str) -> None:
    raise ValueError(payload)


async def test_history_outlives_the_worker_and_its_tasks(workers: Workers) -> None:
    backend = memory()
    for _ in range(2):
        worker = workers.over(backend, until_idle=True)
        worker.on("works", lambda: None)
        worker.on("fails", fails, max_attempts=2, backoff=Backoff.fixed(0))
        for name in ("works", "works", "fails"):
            await worker.enqueue(name, "it is no address", queue="mail")
        await finish(worker)
    for state in FINAL_STATES:
        await backend.tasks.prune(Retention(state=state, keep_last=0), 100)
    watching = workers.over(backend).backstage
    points = (await watching.get_history("mail")).series[""]  # of two minutes, where one ends in between
    ends = [(each.completed, each.retried, each.failed) for each in points]
    assert [sum(column) for column in zip(*ends, strict=True)] == [4, 2, 2]
    assert sum(each.claimed for each in points) == 8
    assert sum(sum(each.waits) for each in points) == 8
    assert sum(sum(each.runs) for each in points) == 8
    assert sum(each.run_seconds for each in points) > 0
    [group] = await watching.list_failure_groups()
    assert (group.task_type, group.error, group.message) == ("fails", "ValueError", "it is no address")
    assert group.line == f"worker/test_history.py:{fails.__code__.co_firstlineno + 1} in fails"
    assert (group.tasks, group.runs, len(group.sample_task_ids), sum(group.hours)) == (2, 4, 2, 4)


class LosingHistory:
    """Takes what it is given, but the first reply is lost."""

    def __init__(self) -> None:
        self.batches: list[HistoryBatch] = []

    async def add(self, batch: HistoryBatch) -> None:
        self.batches.append(batch)
        if len(self.batches) == 1:
            raise StorageUnavailableError("the reply was lost")


async def test_a_batch_whose_reply_was_lost_is_sent_again_as_it_was(clock: FakeClock, new_task) -> None:
    history, metrics = LosingHistory(), WorkerMetrics()
    recorder = HistoryRecorder(history, metrics, clock, None)
    metrics.of("mail", "a").waits.observe(0.1)
    try:
        await recorder.tell()
    except StorageUnavailableError:
        for _ in range(2):
            metrics.of("mail", "a").waits.observe(0.1)
    for _ in range(3):
        await recorder.tell()
    first, again, last = history.batches
    assert again == first
    assert (again.number, last.number) == (1, 2)
    assert [row.point.claimed for batch in (again, last) for row in batch.rows] == [1, 2]


async def test_runs_that_were_lost_with_their_worker_are_told_by_who_takes_them_back(
    clock: FakeClock, new_task
) -> None:
    backend = MemoryBackend(clock)
    recorder = HistoryRecorder(backend.history, WorkerMetrics(), clock, None)
    task: Task = new_task().claim(Lease("w1", clock.now()), clock.now())
    for most in (2, 1):
        outcome = task.lost(most)
        recorder.reclaimed(task.settle(outcome, clock.now()), outcome)
    await recorder.tell()
    [group, *_] = groups = await backend.history.failure_groups(clock.now(), 10, None, None)
    assert {each.error for each in groups} == {"LeaseExpired", "TooManyDeliveries"}
    assert group.sample_task_ids == (task.id,)


async def test_what_was_claimed_ahead_and_went_back_is_no_run(clock: FakeClock) -> None:
    history, metrics = LosingHistory(), WorkerMetrics()
    recorder = HistoryRecorder(history, metrics, clock, None)
    metrics.of("mail", "a").claimed += 5
    await recorder.tell()
    assert history.batches == []
    metrics.of("mail", "a").waits.observe(0.1)
    with contextlib.suppress(StorageUnavailableError):
        await recorder.tell()
    assert [row.point.claimed for batch in history.batches for row in batch.rows] == [1]


async def test_an_idle_worker_writes_no_history(clock: FakeClock) -> None:
    history = LosingHistory()
    await HistoryRecorder(history, WorkerMetrics(), clock, None).tell()
    assert history.batches == []


class LostHistory:
    async def add(self, batch: HistoryBatch) -> None:
        raise StorageUnavailableError("the store is gone")


class Warnings:
    def __init__(self) -> None:
        self.said: list[dict[str, str]] = []

    def warning(self, event: str, **facts: str) -> None:
        self.said.append({"event": event, **facts})


async def test_a_worker_stops_although_the_store_takes_no_history(clock: FakeClock) -> None:
    metrics, logger = WorkerMetrics(), Warnings()
    recorder = HistoryRecorder(LostHistory(), metrics, clock, logger)
    metrics.of("mail", "a").waits.observe(0.1)
    await recorder.tell_the_last()
    assert logger.said == [{"event": "loop_failed", "loop": "history", "error": "the store is gone"}]

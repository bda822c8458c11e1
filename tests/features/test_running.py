"""Workers among others: recovery, shutdown, events, configuration."""

from __future__ import annotations

import asyncio

import pytest

from backstage import Backoff, TaskContext, Worker
from backstage.domain.errors import ConfigurationError
from backstage.domain.events import TaskEvent, TaskFailed
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from tests.features.fleet import Fleet
from tests.worker.workers import DEADLINE, FAST, Workers, attempts, finish, reached, until


async def test_a_lost_workers_task_runs_again_and_its_late_end_is_refused(fleet: Fleet) -> None:
    worker = fleet.new()
    worker.on("t", lambda: "of the second")
    task = await worker.enqueue("t")
    lost = await _claimed_by_a_worker_that_dies(worker)
    await worker.start()
    ended = await reached(worker, task)
    assert (ended.result, ended.attempt, ended.fence) == ("of the second", 1, lost.fence + 1)
    assert await worker.backstage.backend.queue.settle([lost.completed('"of the first"')]) == [None]
    assert [record.outcome for record in await attempts(worker, ended)] == ["lost", "completed"]


async def test_a_task_that_costs_too_many_workers_is_a_dead_letter(fleet: Fleet) -> None:
    worker = fleet.new(max_deliveries=1)
    worker.on("t", lambda: None)
    task = await worker.enqueue("t", max_attempts=10)
    await _claimed_by_a_worker_that_dies(worker)
    await worker.start()
    ended = await reached(worker, task)
    assert ended.state is TaskState.FAILED
    assert ended.last_failure is not None and ended.last_failure.type == "TooManyDeliveries"


async def test_a_stopped_worker_gives_back_what_outlasts_its_grace_period(fleet: Fleet) -> None:
    stopping, other = fleet.new(grace_period=0.05), fleet.new()
    told: list[bool] = []

    @stopping.on("t")
    async def outlasts(context: TaskContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append(context.is_shutting_down())

    other.on("t", lambda context: context.attempt)
    task = await stopping.enqueue("t")
    await stopping.start()
    await reached(stopping, task, TaskState.RUNNING)
    async with asyncio.timeout(DEADLINE):
        await stopping.stop()
    await other.start()
    ended = await reached(other, task)
    assert (ended.state, ended.result, ended.deliveries, told) == (TaskState.COMPLETED, 1, 2, [True])


async def test_events_reach_subscribers_of_both_kinds_and_a_failing_one_breaks_nothing(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    heard: list[str] = []
    failures: list[TaskFailed] = []

    async def note(event: TaskEvent) -> None:
        heard.append(event.name)

    def breaks(event: TaskEvent) -> None:
        raise RuntimeError("a subscriber's own trouble")

    def fails_once(context: TaskContext) -> None:
        if context.attempt == 1:
            raise ValueError("no")

    worker.events.on("worker-task:*", breaks)
    worker.events.on("worker-task:*", note)
    worker.events.on("worker-task:failed", failures.append)
    worker.on("t", fails_once, backoff=Backoff.fixed(0))
    await worker.enqueue("t")
    await finish(worker)
    await until(lambda: len(heard) == 5)
    names = ("created", "started", "failed", "started", "completed")
    assert sorted(heard) == sorted(f"worker-task:{name}" for name in names)
    assert [(each.will_retry, each.error.type) for each in failures] == [(True, "ValueError")]


async def test_a_worker_is_set_up_by_its_arguments_and_by_the_environment(
    url: str, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", url)
    monkeypatch.setenv("BACKSTAGE_CONCURRENCY", "3")
    monkeypatch.setenv("JOB_TIMEOUT", "1500")
    monkeypatch.setenv("BACKSTAGE_WORKER_ID", "of-the-environment")
    worker = Worker(**{**FAST, "until_idle": True})
    settings = worker.settings
    assert (settings.url, settings.concurrency, settings.timeout, settings.worker_id) == (url, 3, 1.5, "w")
    worker.on("t", lambda: None)
    task = await worker.enqueue("t")
    await finish(worker)
    assert (await reached(worker, task)).state is TaskState.COMPLETED
    await worker.stop()
    with pytest.raises(ConfigurationError, match="lease"):
        Worker(url, lease="soon")


async def _claimed_by_a_worker_that_dies(worker: Worker) -> Task:
    request = ClaimRequest(worker_id="dead", types=frozenset({"t"}), queues=None, limit=1, lease=0.3)
    [task] = (await worker.backstage.backend.queue.claim(request)).tasks
    return task

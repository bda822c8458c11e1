from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backstage.app.find_tasks import FindTasks
from backstage.app.get_attempts import GetAttempts
from backstage.app.get_schedule import GetSchedule
from backstage.app.get_task import GetTask
from backstage.app.get_task_stats import GetTaskStats
from backstage.app.list_workers import ListWorkers
from backstage.domain.errors import InvalidTaskDataError, ScheduleNotFoundError, TaskNotFoundError
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.worker_info import WorkerInfo


async def test_a_task_is_read_as_it_is_now(scene):
    task = await scene.ended(Task.completed)
    assert await GetTask(scene.tasks)(task.id) == task


async def test_a_task_that_is_not_stored_is_an_error(scene):
    with pytest.raises(TaskNotFoundError):
        await GetTask(scene.tasks)("018f0000-0000-7000-8000-000000000001")


async def test_a_schedule_of_a_name_that_no_store_can_keep_is_not_there_and_not_asked_for():
    with pytest.raises(ScheduleNotFoundError):
        await GetSchedule(None)("a\0b")


async def test_attempts_tell_how_each_run_ended(scene):
    task = await scene.ended(Task.completed)
    [attempt] = await GetAttempts(scene.tasks)(task.id)
    assert (attempt.number, attempt.worker_id, attempt.outcome) == (1, "w1", OutcomeKind.COMPLETED)


async def test_tasks_are_found_newest_first_a_page_at_a_time(scene):
    old, new = await scene.pending(queue="mail"), await scene.pending(queue="mail")
    await scene.pending(queue="slow")
    first = await FindTasks(scene.tasks)(TaskQuery(queue="mail", limit=1))
    second = await FindTasks(scene.tasks)(TaskQuery(queue="mail", limit=1, after=first.next_after))
    assert (first.tasks, second.tasks, second.next_after) == ((new,), (old,), None)
    assert len((await FindTasks(scene.tasks)()).tasks) == 3


async def test_stats_count_in_all_by_queue_and_by_type(scene):
    await scene.pending("a", queue="mail")
    await scene.ended(Task.completed, "b", queue="mail")
    await scene.running("b", queue="slow")
    stats = await GetTaskStats(scene.tasks, scene.backend.control)()
    assert (stats.pending, stats.running, stats.completed, stats.total) == (1, 1, 1, 3)
    assert (stats.by_queue["mail"].total, stats.by_queue["slow"].running) == (2, 1)
    assert (stats.by_type["a"].pending, stats.by_type["b"].total) == (1, 2)


async def test_workers_are_those_seen_lately(scene):
    started = datetime(2030, 1, 1, tzinfo=UTC)
    for name in ("w1", "w2"):
        await scene.backend.registry.beat(
            WorkerInfo(
                id=name, host="h", pid=1, started_at=started, seen_at=started, concurrency=1, queues=(), types=()
            )
        )
        scene.clock.advance(40)
    assert [worker.id for worker in await ListWorkers(scene.backend.registry)()] == ["w2"]
    assert [worker.id for worker in await ListWorkers(scene.backend.registry)(seen_within=100)] == ["w1", "w2"]


async def test_a_window_that_is_none_is_refused(scene):
    with pytest.raises(InvalidTaskDataError, match="seen_within"):
        await ListWorkers(scene.backend.registry)(seen_within=-1)

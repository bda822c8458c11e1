from __future__ import annotations

import pytest

from backstage.app.cleanup_old_tasks import CleanupOldTasks
from backstage.app.prune_tasks import PruneTasks
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.failure import Failure
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


@pytest.fixture
def prune(scene):
    return PruneTasks(scene.tasks)


async def stored(scene) -> int:
    return sum(count.tasks - count.pruned for count in await scene.tasks.counts())


async def test_prune_goes_on_until_nothing_is_left_to_delete(scene, prune):
    for _ in range(1201):
        await scene.ended(Task.completed)
    assert await prune([Retention(state=TaskState.COMPLETED, keep_last=100)]) == 1101
    assert await stored(scene) == 100


async def test_prune_adds_up_its_retentions(scene, prune):
    await scene.ended(Task.completed)
    await scene.ended(Task.cancelled)
    retentions = [Retention(state=state, keep_last=0) for state in (TaskState.COMPLETED, TaskState.CANCELLED)]
    assert await prune(retentions) == 2


async def test_prune_tells_of_each_batch(scene, prune):
    for _ in range(501):
        await scene.ended(Task.completed)
    failed, completed = (Retention(state=state, keep_last=0) for state in (TaskState.FAILED, TaskState.COMPLETED))
    told = []
    assert await prune([failed, completed], lambda *batch: told.append(batch)) == 501
    assert told == [(completed, 500), (completed, 1)]


async def test_prune_without_retention_deletes_nothing(scene, prune):
    await scene.ended(Task.completed)
    assert await prune([]) == 0
    assert await stored(scene) == 1


async def test_cleanup_deletes_every_kind_of_ended_task_that_is_old(scene, prune):
    await scene.ended(Task.completed)
    await scene.ended(Task.cancelled)
    await scene.ended(lambda task: task.gave_up(Failure("Boom", "no")))
    await scene.pending()
    scene.clock.advance(100)
    young = await scene.ended(Task.completed, "email:read")
    assert await CleanupOldTasks(prune)(max_age=50) == 3
    assert await stored(scene) == 2
    assert await scene.tasks.get(young.id) == young


async def test_cleanup_keeps_a_week_unless_told_otherwise(scene, prune):
    await scene.ended(Task.completed)
    scene.clock.advance(7 * 86_400 - 1)
    assert await CleanupOldTasks(prune)() == 0
    scene.clock.advance(2)
    assert await CleanupOldTasks(prune)() == 1


async def test_cleanup_refuses_an_age_that_is_none(prune):
    with pytest.raises(InvalidTaskDataError):
        await CleanupOldTasks(prune)(max_age=-1)

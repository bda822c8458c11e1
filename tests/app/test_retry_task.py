from __future__ import annotations

import pytest

from backstage.app.retry_task import RetryTask
from backstage.domain.errors import DuplicateTaskError, IllegalMoveError
from backstage.domain.failure import Failure
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


@pytest.fixture
def retry(scene):
    return RetryTask(scene.tasks, scene.bus, scene.clock)


def dead(task: Task):
    return task.gave_up(Failure("Boom", "no"))


async def test_a_dead_task_is_due_again_now(scene, retry):
    task = await scene.ended(dead)
    scene.clock.advance(60)
    retried = await retry(task.id)
    assert (retried.state, retried.scheduled_at) == (TaskState.PENDING, scene.clock.now())
    assert await scene.tasks.get(task.id) == retried
    assert scene.bus.names == ["worker-task:retried"]


@pytest.mark.parametrize(("reset_attempts", "attempt"), [(False, 1), (True, 1)])
async def test_the_next_run_is_within_the_attempts(scene, retry, reset_attempts, attempt):
    task = await scene.ended(dead, max_attempts=1)
    retried = await retry(task.id, reset_attempts=reset_attempts)
    assert retried.claim(scene.lease(), scene.clock.now()).attempt == attempt


async def test_attempts_are_kept_unless_they_are_reset(scene, retry):
    task = await _failed_three_times(scene)
    assert (await retry(task.id)).attempt == 2
    again = await _failed_three_times(scene)
    assert (await retry(again.id, reset_attempts=True)).attempt == 0


async def _failed_three_times(scene) -> Task:
    policy = RetryPolicy(max_attempts=3)
    task = await scene.ended(lambda task: task.failed(Failure("Boom", "no"), policy, 0.0))
    while task.state is TaskState.PENDING:
        scene.clock.advance(3600)
        running = task.claim(scene.lease(), scene.clock.now())
        await scene.tasks.save(running)
        await scene.backend.queue.settle([running.failed(Failure("Boom", "no"), policy, 0.0)])
        task = await scene.tasks.get(task.id)
    return task


async def test_a_pending_task_cannot_be_retried(scene, retry):
    task = await scene.pending()
    with pytest.raises(IllegalMoveError):
        await retry(task.id)
    assert scene.bus.published == []


async def test_a_key_that_another_task_took_keeps_it_dead(scene, retry):
    task = await scene.ended(dead, dedupe="order-1")
    await scene.pending(dedupe="order-1")
    with pytest.raises(DuplicateTaskError):
        await retry(task.id)
    assert (await scene.tasks.get(task.id)).state is TaskState.FAILED

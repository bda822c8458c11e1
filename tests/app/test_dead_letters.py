from __future__ import annotations

import pytest

from backstage.app.prune_tasks import PruneTasks
from backstage.app.purge_dead_letters import PurgeDeadLetters
from backstage.app.replay_dead_letters import ReplayDeadLetters
from backstage.domain.errors import InvalidTaskDataError, StaleTaskError, StorageUnavailableError
from backstage.domain.failure import Failure
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState


@pytest.fixture
def replay(scene):
    return ReplayDeadLetters(scene.tasks, scene.bus, scene.clock)


@pytest.fixture
def purge(scene):
    return PurgeDeadLetters(PruneTasks(scene.tasks))


def dead(task: Task):
    return task.gave_up(Failure("Boom", "no"))


async def in_state(scene, state: TaskState) -> int:
    return sum(count.tasks - count.pruned for count in await scene.tasks.counts() if count.state is state)


async def test_replay_goes_through_every_page(scene, replay):
    for _ in range(205):
        await scene.ended(dead)
    assert await replay() == 205
    assert await in_state(scene, TaskState.PENDING) == 205
    assert scene.bus.names == ["worker-task:retried"] * 205


async def test_a_replayed_task_has_all_its_attempts_again(scene, replay):
    task = await scene.ended(dead, max_attempts=1)
    await replay()
    assert (await scene.tasks.get(task.id)).attempt == 0


async def test_replay_of_one_queue_or_type_leaves_the_others(scene, replay):
    for queue, type_ in [("mail", "a"), ("mail", "b"), ("slow", "a")]:
        await scene.ended(dead, type_, queue=queue)
    assert await replay(queue="mail", type="a") == 1
    assert await replay(queue="mail") == 1
    assert await replay(type="a") == 1
    assert await replay() == 0


async def test_replay_leaves_what_did_not_fail(scene, replay):
    task = await scene.ended(Task.completed)
    assert await replay() == 0
    assert await scene.tasks.get(task.id) == task


async def test_replay_passes_over_a_key_that_another_task_holds(scene, replay):
    held = await scene.ended(dead, dedupe="order-1")
    await scene.pending(dedupe="order-1")
    free = await scene.ended(dead)
    assert await replay() == 1
    assert (await scene.tasks.get(held.id)).state is TaskState.FAILED
    assert (await scene.tasks.get(free.id)).state is TaskState.PENDING


class Failing:
    """The scene's tasks, whose `save` raises for one of them."""

    def __init__(self, scene, task_id: str, error: Exception) -> None:
        self._tasks, self._task_id, self._error = scene.tasks, task_id, error

    async def find(self, query: TaskQuery):
        return await self._tasks.find(query)

    async def save(self, task: Task) -> None:
        if task.id == self._task_id:
            raise self._error
        await self._tasks.save(task)


async def test_replay_passes_over_a_task_that_somebody_else_retries(scene):
    first, second = await scene.ended(dead), await scene.ended(dead)
    tasks = Failing(scene, first.id, StaleTaskError(first.id))
    assert await ReplayDeadLetters(tasks, scene.bus, scene.clock)() == 1
    assert [event.task.id for event in scene.bus.published] == [second.id]


async def test_replay_reports_a_store_that_cannot_be_reached(scene):
    task = await scene.ended(dead)
    tasks = Failing(scene, task.id, StorageUnavailableError("gone"))
    with pytest.raises(StorageUnavailableError):
        await ReplayDeadLetters(tasks, scene.bus, scene.clock)()


async def test_purge_deletes_the_dead_letters_of_one_queue_or_of_all(scene, purge):
    for queue in ("mail", "mail", "slow"):
        await scene.ended(dead, queue=queue)
    await scene.ended(Task.completed, queue="mail")
    assert await purge("mail") == 2
    assert await purge() == 1
    assert await in_state(scene, TaskState.FAILED) == 0
    assert await in_state(scene, TaskState.COMPLETED) == 1


async def test_purge_refuses_a_name_that_is_none(purge):
    with pytest.raises(InvalidTaskDataError):
        await purge("")

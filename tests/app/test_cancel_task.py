from __future__ import annotations

import pytest

from backstage.app.cancel_task import CancelTask
from backstage.domain.errors import IllegalMoveError, StaleTaskError, TaskNotFoundError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


@pytest.fixture
def cancel(scene):
    return CancelTask(scene.tasks, scene.bus, scene.clock)


async def test_a_pending_task_is_cancelled_at_once(scene, cancel):
    task = await scene.pending()
    cancelled = await cancel(task.id)
    assert cancelled.state is TaskState.CANCELLED
    assert await scene.tasks.get(task.id) == cancelled
    assert [(event.name, event.task) for event in scene.bus.published] == [("worker-task:cancelled", cancelled)]


async def test_a_running_task_is_asked_to_stop_and_not_yet_cancelled(scene, cancel):
    task = await scene.running()
    asked = await cancel(task.id)
    assert (asked.state, asked.is_cancel_requested) == (TaskState.RUNNING, True)
    assert (await scene.backend.queue.inspect({task.id: task.fence})).cancel_requested == {task.id}
    assert scene.bus.published == []


async def test_a_task_that_has_ended_stays_as_it_is(scene, cancel):
    task = await scene.ended(Task.completed)
    with pytest.raises(IllegalMoveError):
        await cancel(task.id)
    assert await scene.tasks.get(task.id) == task


async def test_an_unknown_task_is_an_error(cancel):
    with pytest.raises(TaskNotFoundError):
        await cancel("018f0000-0000-7000-8000-000000000001")


class Contended:
    """The scene's tasks, where somebody else changes the task just before each of the first `races` saves."""

    def __init__(self, scene, races: int) -> None:
        self._scene, self._races = scene, races

    async def get(self, task_id: str) -> Task:
        return await self._scene.tasks.get(task_id)

    async def save(self, task: Task) -> None:
        if self._races:
            self._races -= 1
            stored = await self._scene.tasks.get(task.id)
            cancelled = stored.cancel(self._scene.clock.now())
            await self._scene.tasks.save(cancelled)
            await self._scene.tasks.save(cancelled.retry(self._scene.clock.now()))
        await self._scene.tasks.save(task)


async def test_a_lost_race_is_tried_again(scene):
    task = await scene.pending()
    cancel = CancelTask(Contended(scene, races=3), scene.bus, scene.clock)
    assert (await cancel(task.id)).state is TaskState.CANCELLED


async def test_a_race_that_is_always_lost_is_reported(scene):
    task = await scene.pending()
    cancel = CancelTask(Contended(scene, races=1000), scene.bus, scene.clock)
    with pytest.raises(StaleTaskError):
        await cancel(task.id)

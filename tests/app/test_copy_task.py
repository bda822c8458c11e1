from __future__ import annotations

import pytest

from backstage.app.copy_task import CopyTask
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import IllegalMoveError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


@pytest.fixture
def copy(scene):
    return CopyTask(scene.tasks, scene.bus, scene.clock, scene.ids)


async def test_a_copy_is_a_new_task_that_names_its_origin(scene, copy):
    original = await scene.ended(lambda task: task.completed('"done"'), payload={"n": 1}, queue="mail", priority=3)
    scene.clock.advance(60)
    copied = await copy(original.id)
    assert copied.id != original.id
    assert (copied.origin_id, copied.workflow_id) == (original.id, original.workflow_id)
    assert (copied.state, copied.scheduled_at, copied.result) == (TaskState.PENDING, scene.clock.now(), None)
    assert (copied.payload, copied.queue, copied.priority, copied.attempt) == ({"n": 1}, "mail", 3, 0)
    assert await scene.tasks.get(copied.id) == copied
    assert scene.bus.names == ["worker-task:created"]


async def test_a_copy_keeps_the_limits_and_the_metadata(scene, copy):
    options = {
        "max_attempts": 4,
        "backoff": Backoff.fixed(1),
        "timeout": 9.0,
        "soft_timeout": 8.0,
        "correlation_id": "order-1",
        "metadata": {"tenant": "t1"},
        "tags": ("vip",),
        "key": "customer 7",
    }
    copied = await copy((await scene.ended(Task.completed, is_awaited=True, **options)).id)
    assert not copied.is_awaited
    assert {name: getattr(copied, name) for name in options} == options


async def test_the_original_stays_as_it_was(scene, copy):
    original = await scene.ended(Task.completed)
    await copy(original.id)
    assert await scene.tasks.get(original.id) == original


async def test_a_task_that_has_not_ended_is_not_copied(scene, copy):
    task = await scene.pending()
    with pytest.raises(IllegalMoveError, match="is pending"):
        await copy(task.id)


async def test_a_held_key_gives_its_holder(scene, copy):
    original = await scene.ended(Task.completed, dedupe="order-1")
    holder = await scene.pending(dedupe="order-1")
    assert await copy(original.id) == Duplicate(holder.id, "order-1")
    assert scene.bus.published == []

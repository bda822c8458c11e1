from __future__ import annotations

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import InvalidTaskDataError


@pytest.fixture
def enqueue_many(scene):
    return scene.use_cases.enqueue_tasks


async def test_answers_come_in_the_order_of_the_requests(scene, enqueue_many):
    tasks = await enqueue_many(EnqueueTask("email:send", n) for n in range(50))
    assert [task.payload for task in tasks] == list(range(50))
    assert [task.id for task in tasks] == sorted(task.id for task in tasks)
    assert [await scene.tasks.get(task.id) for task in tasks] == tasks


async def test_a_duplicate_within_the_batch_names_the_first(scene, enqueue_many):
    first, second, other = await enqueue_many(EnqueueTask("email:send", dedupe=key) for key in ("a", "a", "b"))
    assert second == Duplicate(first.id, "a")
    assert [event.task for event in scene.bus.published] == [first, other]


async def test_one_wrong_task_keeps_the_whole_batch_out(scene, enqueue_many):
    requests = [EnqueueTask("email:send", {"x": 1})] * 3 + [EnqueueTask("email:send", {"x": {1, 2}})]
    with pytest.raises(InvalidTaskDataError, match=r"^tasks\[3\]\.payload\.x: is of type set"):
        await enqueue_many(requests)
    assert await scene.tasks.counts() == []


async def test_no_requests_need_no_store(enqueue_many):
    assert await enqueue_many([]) == []


async def test_nothing_is_published_when_nobody_listens(scene, enqueue_many):
    scene.bus.is_deaf = True
    await enqueue_many([EnqueueTask("email:send")])
    assert scene.bus.published == []

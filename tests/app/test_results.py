"""Waiting for tasks: one asks the store for all that anybody here waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from backstage.app.current_task import current_task
from backstage.app.enqueue_task import EnqueueTask
from backstage.app.waiting_room import WaitingRoom
from backstage.domain.errors import (
    InvalidTaskDataError,
    StorageUnavailableError,
    TaskCancelledError,
    TaskFailedError,
    TaskNotFoundError,
)
from backstage.domain.failure import Failure
from backstage.domain.standing import Standing
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from tests.app.conftest import Scene

BROKEN = Failure("ValueError", "no such address", "Traceback: here")


async def test_the_result_is_what_the_handler_returned(scene: Scene) -> None:
    task = await scene.ended(lambda task: task.completed('{"sent":[1,null]}'))
    assert await scene.use_cases.result(task) == {"sent": [1, None]}
    assert await scene.use_cases.result(task.id, timeout=1) == {"sent": [1, None]}
    assert await scene.use_cases.result(await scene.ended(Task.completed)) is None


async def test_a_result_is_waited_for_over_a_retry(scene: Scene) -> None:
    task = await scene.running()
    waiting = asyncio.create_task(scene.use_cases.result(task, timeout=10))
    await asyncio.sleep(0)
    await scene.backend.queue.settle([task.snoozed(0.0)])
    again = await scene.claim(task)
    await scene.backend.queue.settle([again.completed('"second"')])
    assert await waiting == "second"


async def test_a_failed_task_raises_what_it_failed_with(scene: Scene) -> None:
    task = await scene.ended(lambda task: task.gave_up(BROKEN))
    with pytest.raises(TaskFailedError, match="ValueError: no such address\n\nTraceback: here") as caught:
        await scene.use_cases.result(task)
    assert caught.value.failure == BROKEN


async def test_a_cancelled_task_and_an_unknown_one_have_no_result(scene: Scene) -> None:
    with pytest.raises(TaskCancelledError):
        await scene.use_cases.result(await scene.ended(Task.cancelled))
    with pytest.raises(TaskNotFoundError):
        await scene.use_cases.result("018f0000-0000-7000-8000-000000000001")
    with pytest.raises(TypeError, match="a task or its id is needed, not None"):
        await scene.use_cases.result(None)  # type: ignore[call-overload]


@pytest.mark.parametrize("timeout", [float("nan"), "5", True])
async def test_what_is_no_time_to_wait_is_refused_and_nothing_is_stored(scene: Scene, timeout: Any) -> None:
    """NaN, which is neither before nor after, would put the timers of the whole loop out of order."""
    task = await scene.ended(Task.completed)
    for waiting in (scene.use_cases.result(task, timeout=timeout), scene.use_cases.call("a", timeout=timeout)):
        with pytest.raises(InvalidTaskDataError, match=r"timeout: .* is not a number of seconds"):
            await waiting
    assert (await scene.use_cases.get_task_stats()).total == 1


async def test_waiting_ends_with_its_time_and_changes_nothing(scene: Scene) -> None:
    task = await scene.running()
    with pytest.raises(TimeoutError, match=r"has not ended within 0\.01 s: it goes on"):
        await scene.use_cases.result(task, timeout=0.01)
    assert await scene.tasks.get(task.id) == task


async def test_results_come_in_the_order_of_the_tasks_and_the_first_failure_is_raised(scene: Scene) -> None:
    first, second = await scene.running("a"), await scene.running("b")
    waiting = asyncio.create_task(scene.use_cases.results([first, second], timeout=10))
    await scene.backend.queue.settle([second.completed("2")])
    await scene.backend.queue.settle([first.completed("1")])
    assert await waiting == [1, 2]
    broken = await scene.ended(lambda task: task.gave_up(BROKEN))
    with pytest.raises(TaskFailedError):
        await scene.use_cases.results([await scene.running("c"), broken], timeout=10)


async def test_ends_are_told_as_they_come(scene: Scene) -> None:
    first, second = await scene.running("a"), await scene.running("b")
    await scene.backend.queue.settle([second.completed("2")])
    ends = []
    async for end in scene.use_cases.as_completed([first, second], timeout=10):
        ends.append(end)
        await scene.backend.queue.settle([first.gave_up(BROKEN)])
    assert [(end.task_id, end.state) for end in ends] == [
        (second.id, TaskState.COMPLETED),
        (first.id, TaskState.FAILED),
    ]
    assert (ends[0].result, ends[1].failure) == (2, BROKEN)


async def test_a_call_enqueues_and_waits(scene: Scene) -> None:
    calling = asyncio.create_task(scene.use_cases.call("a", {"to": "ada"}, timeout=10, queue="mail"))
    await asyncio.sleep(0)
    task = await scene.claim_next("a")
    assert (task.queue, task.payload) == ("mail", {"to": "ada"})
    await scene.backend.queue.settle([task.completed('"sent"')])
    assert await calling == "sent"


async def test_a_call_for_a_key_that_is_held_waits_for_its_holder(scene: Scene) -> None:
    holder = await scene.running("a", dedupe="once")
    calling = asyncio.create_task(scene.use_cases.call(EnqueueTask("a", dedupe="once"), timeout=10))
    await asyncio.sleep(0)
    await scene.backend.queue.settle([holder.completed('"held"')])
    assert await calling == "held"
    with pytest.raises(TypeError, match="takes an EnqueueTask alone"):
        await scene.use_cases.call(EnqueueTask("a"), {"more": 1})


async def test_waiting_inside_a_handler_is_warned_of(scene: Scene) -> None:
    task = await scene.ended(Task.completed)
    token = current_task.set(await scene.running("outer"))
    try:
        with pytest.warns(RuntimeWarning, match="the handler of 'outer' waits for another task"):
            await scene.use_cases.result(task)
    finally:
        current_task.reset(token)


class CountedStandings:
    """Standings of tasks that have ended when `are_over` says so; the first answers are lost."""

    def __init__(self, lost: int = 0) -> None:
        self.asked: list[int] = []
        self.are_over = False
        self._lost = lost

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        self.asked.append(len(task_ids))
        if len(self.asked) <= self._lost:
            raise StorageUnavailableError("lost")
        state = TaskState.COMPLETED if self.are_over else TaskState.RUNNING
        return dict.fromkeys(task_ids, Standing(state=state, attempt=1))


async def test_all_that_came_at_one_moment_are_asked_for_in_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    store: Any = CountedStandings()
    room = WaitingRoom(store)
    with monkeypatch.context() as moment:
        begun = asyncio.get_running_loop().time()
        moment.setattr(asyncio.get_running_loop(), "time", lambda: begun)
        waiting = [asyncio.create_task(room.ended(str(number % 100))) for number in range(300)]
        await asyncio.sleep(0)
    await asyncio.sleep(0.03)
    store.are_over = True
    await asyncio.gather(*waiting)
    assert set(store.asked) == {100}


async def test_lost_answers_are_borne() -> None:
    store: Any = CountedStandings(lost=3)
    store.are_over = True
    assert (await WaitingRoom(store).ended("1")).has_ended
    assert len(store.asked) == 4


async def test_nobody_is_asked_for_who_is_no_longer_waited_for() -> None:
    store: Any = CountedStandings()
    room = WaitingRoom(store)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await room.ended("1")
    asked = len(store.asked)
    waiting = asyncio.create_task(room.ended("2"))
    await asyncio.sleep(0.01)
    store.are_over = True
    await waiting
    assert max(store.asked[asked:]) == 1

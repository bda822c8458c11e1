"""Somebody in another process waits for what handlers return and follows what they tell, on each store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backstage import Backoff, Container, FollowedEvent, Task, TaskContext, TaskFailedError
from backstage.domain.errors import StorageUnavailableError
from tests.every_store.conftest import OneStore
from tests.worker.workers import DEADLINE


async def double(payload: int) -> int:
    return 2 * payload


def broken(payload: Any) -> None:
    raise ValueError("no such address")


async def restarting(payload: Any, context: TaskContext) -> str:
    for number in range(5):
        await context.emit([context.attempt, number])
    if context.attempt == 1:
        raise ConnectionError("cut off")
    return "told"


async def test_a_caller_elsewhere_is_answered_although_every_other_look_is_lost(store: OneStore) -> None:
    worker, caller = store.worker(), await store.opened()
    worker.on("double", double)
    worker.on("broken", broken, max_attempts=1)
    await worker.start()
    events = caller.backend.task_events
    events.standings = _losing(events.standings)
    assert await caller.call("double", 4, timeout=DEADLINE) == 8
    assert (await caller.find_tasks()).tasks[0].is_awaited
    tasks = [await caller.enqueue("double", number) for number in range(20)]
    assert await caller.results(tasks, timeout=DEADLINE) == [2 * number for number in range(20)]
    with pytest.raises(TaskFailedError, match="ValueError: no such address"):
        await caller.call("broken", timeout=DEADLINE)


async def test_a_follower_elsewhere_goes_on_from_any_number(store: OneStore) -> None:
    worker, caller = store.worker(), await store.opened()
    worker.on("restarting", restarting, max_attempts=2, backoff=Backoff.fixed(0.01))
    task = await caller.enqueue("restarting")
    await worker.start()
    live = await _told(caller, task)
    numbered = [(event.number, event.kind.value, event.data) for event in live if event.kind in ("chunk", "restarted")]
    assert numbered == [
        *((number + 1, "chunk", [1, number]) for number in range(5)),
        (6, "restarted", None),
        *((number + 7, "chunk", [2, number]) for number in range(5)),
    ]
    assert live[-1].data == {"state": "completed"}
    for after in (0, 3, 6, 11):
        again = [event for event in await _told(caller, task, after) if event.kind in ("chunk", "restarted")]
        assert [(event.number, event.kind.value, event.data) for event in again] == numbered[after:]
    assert await caller.result(task) == "told"


async def _told(caller: Container, task: Task, after: int = 0) -> list[FollowedEvent]:
    async with asyncio.timeout(DEADLINE):
        return [event async for event in caller.follow(task, after=after)]


def _losing(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Every other answer is lost."""
    calls = 0

    async def losing(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        answer = await call(*arguments)
        if calls % 2:
            raise StorageUnavailableError("lost")
        return answer

    return losing

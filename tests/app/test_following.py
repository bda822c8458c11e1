"""Following a task: its states, its progress and what its handler emits, from any number on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backstage.conformance.emitting import chunks
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.failure import Failure
from backstage.domain.followed_event import EventKind, FollowedEvent
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.run_log import RunLog
from tests.app.conftest import Scene


async def told(events: AsyncIterator[FollowedEvent], number: int = 100) -> list[tuple[int, str, Any]]:
    found = []
    async with asyncio.timeout(30):
        async for event in events:
            found.append((event.number, event.kind.value, event.data))
            if len(found) == number:
                break
    return found


async def test_a_task_is_followed_from_its_enqueueing_to_its_end(scene: Scene) -> None:
    pending = await scene.pending()
    events = scene.use_cases.follow(pending.id)
    assert await told(events, 1) == [(0, "state", {"state": "pending"})]
    events = scene.use_cases.follow(pending)
    running = await scene.claim(pending)
    assert await told(events, 1) == [(0, "state", {"state": "running"})]
    await scene.backend.task_events.append(chunks(running, 1, 2))
    await scene.backend.queue.report_progress(running.id, running.fence, 0.5, "half")
    await scene.backend.queue.settle([running.completed()])
    assert await told(scene.use_cases.follow(running.id)) == [
        (1, "chunk", 1),
        (2, "chunk", 2),
        (2, "progress", {"progress": 0.5, "note": "half"}),
        (2, "state", {"state": "completed"}),
    ]
    assert await told(scene.use_cases.follow(running.id, after=1)) == [
        (2, "chunk", 2),
        (2, "progress", {"progress": 0.5, "note": "half"}),
        (2, "state", {"state": "completed"}),
    ]


async def test_what_comes_later_is_told_as_it_comes(scene: Scene) -> None:
    running = await scene.running()
    events = scene.use_cases.follow(running.id)
    first = await anext(events)
    assert first.data == {"state": "running"}
    await scene.backend.task_events.append(chunks(running, 1, 1))
    assert (await anext(events)).data == 1
    outcome = running.failed(Failure("ValueError", "no"), RetryPolicy(max_attempts=2), 0.0)
    await scene.backend.queue.settle([outcome])
    assert (await anext(events)).data == {"state": "pending"}
    scene.clock.advance(1000)
    again = await scene.claim(running)
    await scene.backend.task_events.append(chunks(again, 1, 1))
    await scene.backend.queue.settle([again.completed()])
    assert await told(events) == [(2, "restarted", None), (3, "chunk", 1), (3, "state", {"state": "completed"})]


async def test_dropped_events_are_told_by_their_number(scene: Scene) -> None:
    running = await scene.running()
    for begin in range(1, 1201, 400):
        await scene.backend.task_events.append(chunks(running, begin, begin + 399))
    await scene.backend.queue.settle([running.completed()])
    whole = await told(scene.use_cases.follow(running.id), 5000)
    assert whole[:2] == [(200, "dropped", {"events": 200}), (201, "chunk", 201)]
    assert whole[-1] == (1200, "state", {"state": "completed"})
    assert len(whole) == 1002
    assert (await told(scene.use_cases.follow(running.id, after=150), 1)) == [(200, "dropped", {"events": 50})]


async def test_many_follow_one_task_each_from_its_own_number(scene: Scene) -> None:
    running = await scene.running()
    for begin in range(1, 801, 400):
        await scene.backend.task_events.append(chunks(running, begin, begin + 399))
    await scene.backend.queue.settle([running.completed()])
    numbers = (0, 10, 700, 799, 800)
    read = await asyncio.gather(*(told(scene.use_cases.follow(running.id, after=n), 5000) for n in numbers))
    assert [len([each for each in one if each[1] == EventKind.CHUNK]) for one in read] == [800, 790, 100, 1, 0]


async def test_nobody_can_follow_what_is_not_stored(scene: Scene) -> None:
    with pytest.raises(TaskNotFoundError):
        await told(scene.use_cases.follow("018f0000-0000-7000-8000-000000000001"))


async def test_lines_are_read_with_their_attempt(scene: Scene) -> None:
    task = await scene.running()
    at = scene.clock.now()
    lines = f'[["{at.isoformat()}","info","sending",{{"to":"ada"}}]]'
    await scene.backend.task_events.keep_lines([RunLog(task.id, task.fence, 1, lines)])
    [line] = await scene.use_cases.get_logs(task.id)
    assert (line.at, line.level, line.event, line.fields, line.attempt) == (at, "info", "sending", {"to": "ada"}, 1)

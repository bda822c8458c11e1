"""Each tick fires once, whatever the schedulers' clocks say, and wherever one of them dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from backstage.app.fire_schedules import FireSchedules
from backstage.domain.cron_task import CronTask
from backstage.domain.overlap import Overlap
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.testing.fake_clock import FakeClock
from tests.schedules.conftest import Fleet, tasks_of, ticks_of

SKEWS = (-90.0, 0.0, 90.0)


@pytest.mark.parametrize("order", ["in turns", "all at once"])
async def test_three_schedulers_with_clocks_wrong_by_ninety_seconds_fire_200_ticks_once_each(
    fleet: Fleet, clock: FakeClock, order: str
) -> None:
    slow, right, fast = [await fleet.process(skew=skew) for skew in SKEWS]
    schedule = await fast.put_schedule(CronTask("* * * * *", "t", name="minutely"))
    end = schedule.last_tick + timedelta(minutes=200)
    expected = schedule.cron.cron.ticks_between(schedule.last_tick, end, 1000)
    assert len(expected) == 200
    chance = Random(order)
    while fast.clock.now() < end:  # it is ahead of the others, so it fires most
        clock.advance(20)
        turns = [process.fire_schedules for process in chance.sample([slow, right, fast], 3)]
        if order == "all at once":
            await asyncio.gather(*(turn() for turn in turns))
        else:
            for turn in turns:
                await turn()
    tasks = await tasks_of(right)
    assert ticks_of(tasks) == [tick.isoformat().replace("+00:00", "Z") for tick in expected]
    assert [task.scheduled_at for task in tasks] == expected


async def test_the_death_of_the_fastest_clock_leaves_the_ticks_to_the_others(fleet: Fleet, clock: FakeClock) -> None:
    processes = [await fleet.process(skew=skew) for skew in SKEWS]
    schedule = await processes[1].put_schedule(CronTask("* * * * *", "t", name="minutely"))
    for _ in range(9):
        clock.advance(60)
        for process in processes:
            await process.fire_schedules()
    processes.pop()
    for _ in range(11):
        clock.advance(60)
        for process in processes:
            await process.fire_schedules()
    expected = schedule.cron.cron.ticks_between(schedule.last_tick, clock.now(), 1000)
    assert [task.scheduled_at for task in await tasks_of(processes[0])] == expected


async def test_thirty_schedulers_at_once_fire_a_tick_once(fleet: Fleet, clock: FakeClock) -> None:
    processes = [await fleet.process() for _ in range(3)]
    await processes[0].put_schedule(CronTask("* * * * *", "t", name="minutely"))
    for _ in range(5):
        clock.advance(60)
        turns = await asyncio.gather(*(process.fire_schedules() for process in processes * 10))
        assert sum(len(fired.tasks) for turn in turns for fired in turn.fired) == 1
    assert len(await tasks_of(processes[0])) == 5


class Death(Exception):
    """Of a process: the next step is never taken."""


class Mortal:
    """A port whose nth call, over all ports of the process, is its last: before it reaches the store, or after."""

    def __init__(self, port: Any, calls: list[str], last: int, is_done: bool) -> None:
        self._port, self._calls, self._last, self._is_done = port, calls, last, is_done

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **options: Any) -> Any:
            self._calls.append(name)
            is_last = len(self._calls) == self._last
            if is_last and not self._is_done:
                raise Death
            answer = await getattr(self._port, name)(*arguments, **options)
            if is_last:
                raise Death
            return answer

        return call


async def dying_turn(process: Container, last: int, is_done: bool) -> list[str]:
    """One turn of a scheduler that dies at its nth call to the store; return the calls it made."""
    calls: list[str] = []
    backend, whole = process.backend, (process.backend.tasks, process.backend.schedules)
    backend.tasks, backend.schedules = (  # type: ignore[misc]
        Mortal(port, calls, last, is_done) for port in whole
    )
    try:
        turn: FireSchedules = Container(process.settings, backend=backend).fire_schedules
        await turn()
    except Death:
        pass
    finally:
        backend.tasks, backend.schedules = whole  # type: ignore[misc]
    return calls


@pytest.mark.parametrize("is_done", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("last", range(1, 6))
@pytest.mark.parametrize("overlap", Overlap)
async def test_a_scheduler_that_dies_at_any_step_leaves_the_tick_to_another(
    fleet: Fleet, clock: FakeClock, overlap: Overlap, last: int, is_done: bool
) -> None:
    mortal, heir = await fleet.process(), await fleet.process()
    await heir.put_schedule(CronTask("* * * * *", "t", name="minutely", overlap=overlap))
    clock.advance(60)
    await heir.fire_schedules()
    request = ClaimRequest(worker_id="w1", types=frozenset({"t"}), queues=None, limit=1, lease=3600.0)
    [running] = (await heir.backend.queue.claim(request)).tasks
    clock.advance(60)
    await dying_turn(mortal, last, is_done)
    await heir.fire_schedules()
    await heir.fire_schedules()
    first, *second = await tasks_of(heir)
    assert first.id == running.id
    if overlap is Overlap.SKIP:
        assert second == []
    else:
        assert [(task.state, task.metadata["tick"]) for task in second] == [
            (TaskState.PENDING, running.metadata["tick"].replace("12:01", "12:02"))
        ]
    assert first.is_cancel_requested is (overlap is Overlap.REPLACE)


async def test_the_steps_at_which_a_scheduler_dies_are_all_there_are(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    for overlap, steps in (
        (Overlap.ALLOW, ["all", "fire"]),
        (Overlap.SKIP, ["all", "fire", "get"]),
        (Overlap.REPLACE, ["all", "get", "save", "fire"]),
    ):
        await process.put_schedule(CronTask("* * * * *", "t", name="minutely", overlap=overlap))
        clock.advance(60)
        await process.fire_schedules()
        clock.advance(60)
        assert await dying_turn(process, 0, is_done=False) == steps

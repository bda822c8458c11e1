"""Schedules are put, changed, paused, run and deleted while schedulers fire them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import ScheduleNotFoundError
from backstage.domain.events import TaskCreated, TaskEvent
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.testing.fake_clock import FakeClock
from tests.schedules.conftest import Fleet, tasks_of, ticks_of


def cron(**fields: Any) -> CronTask:
    return CronTask(**({"schedule": "0 * * * *", "task_name": "t", "name": "n"} | fields))


async def test_a_schedule_that_is_put_is_listed_and_fires(fleet: Fleet, clock: FakeClock) -> None:
    process, other = await fleet.process(), await fleet.process()
    schedule = await process.put_schedule(cron())
    assert await other.list_schedules() == [schedule]
    assert await other.get_schedule("n") == schedule
    turn = await other.fire_schedules()
    assert turn.fired == ()
    assert turn.next_in == pytest.approx(3600, abs=1)
    clock.advance(3600)
    [fired] = (await other.fire_schedules()).fired
    assert [task.type for task in fired.tasks] == ["t"]


async def test_without_schedules_there_is_nothing_to_wait_for(fleet: Fleet) -> None:
    process = await fleet.process()
    turn = await process.fire_schedules()
    assert (turn.fired, turn.next_in) == ((), None)


async def test_the_next_tick_of_all_schedules_is_waited_for(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    await process.put_schedule(cron())
    await process.put_schedule(cron(name="soon", schedule="every 10s"))
    turn = await process.fire_schedules()
    assert turn.next_in is not None
    assert 0 < turn.next_in <= 10


async def test_putting_the_same_again_changes_nothing(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    schedule = await process.put_schedule(cron(args=(1, 2)))
    clock.advance(3600)
    again = await process.put_schedule(cron(args=[1, 2]))
    assert (again.cron.payload_json, again.last_tick) == (schedule.cron.payload_json, schedule.last_tick)
    [fired] = (await process.fire_schedules()).fired
    assert len(fired.tasks) == 1


async def test_a_changed_payload_is_that_of_the_next_tick(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    await process.put_schedule(cron(args=1))
    await process.put_schedule(cron(args=2))
    clock.advance(3600)
    await process.fire_schedules()
    assert [task.payload for task in await tasks_of(process)] == [2]


@pytest.mark.parametrize("catch_up", ["one", "all"])
async def test_a_changed_expression_has_missed_nothing(fleet: Fleet, clock: FakeClock, catch_up: str) -> None:
    """It is 12:00 when the daily schedule of 03:00 is moved to 11:00: that is tomorrow's."""
    process = await fleet.process()
    await process.put_schedule(cron(schedule="0 3 * * *", catch_up=catch_up))
    clock.advance(86_400)
    await process.fire_schedules()
    before = await tasks_of(process)
    await process.put_schedule(cron(schedule="0 11 * * *", catch_up=catch_up))
    turn = await process.fire_schedules()
    assert await tasks_of(process) == before
    assert turn.next_in == pytest.approx(23 * 3600, abs=1)


async def test_what_was_due_before_a_change_fires_as_it_was(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    await process.put_schedule(cron(args="old", catch_up="all", schedule="* * * * *"))
    clock.advance(250 * 60)
    changed = cron(args="new", catch_up="all", schedule="*/5 * * * *")
    schedule = await process.put_schedule(changed)
    assert (schedule.cron, schedule.last_tick) == (changed, clock.now())
    assert [task.payload for task in await tasks_of(process)] == ["old"] * 250
    clock.advance(300)
    await process.fire_schedules()
    assert [task.payload for task in await tasks_of(process)][250:] == ["new"]


async def test_a_change_that_loses_a_race_against_a_tick_begins_again(
    fleet: Fleet, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, other = await fleet.process(), await fleet.process()
    await process.put_schedule(cron(args="old", schedule="* * * * *"))
    schedules, raced = process.backend.schedules, []
    fire = schedules.fire

    async def overtaken(schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        if not tasks and not raced:
            raced.append(until)
            clock.advance(60)
            await other.fire_schedules()
        return await fire(schedule, until, tasks)

    monkeypatch.setattr(schedules, "fire", overtaken)
    changed = await process.put_schedule(cron(args="new", catch_up="all", schedule="every 1s"))
    assert changed.last_tick == clock.now()
    assert [task.payload for task in await tasks_of(process)] == ["old"]


async def test_a_paused_schedule_that_is_changed_stays_paused(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    before = await process.put_schedule(cron())
    await process.pause_schedule("n", reason="moving house", by="ops")
    pause = Pause("schedule", "n", clock.now(), "ops", "moving house")
    clock.advance(7200)
    changed = cron(schedule="* * * * *")
    assert await process.put_schedule(changed) == replace(before, cron=changed, is_paused=True, pause=pause)
    assert await process.fire_schedules() == await process.fire_schedules()
    assert await tasks_of(process) == []


async def test_a_pause_is_not_made_up_for(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    await process.put_schedule(cron(catch_up="all"))
    assert await process.pause_schedule("n")
    assert not await process.pause_schedule("n")
    clock.advance(5 * 3600)
    assert (await process.fire_schedules()).next_in is None
    assert await process.resume_schedule("n")
    assert not await process.resume_schedule("n")
    clock.advance(3600)
    await process.fire_schedules()
    assert [each[11:16] for each in ticks_of(await tasks_of(process))] == ["18:00"]


async def test_a_deleted_schedule_fires_no_more_and_leaves_its_tasks(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    await process.put_schedule(cron())
    clock.advance(3600)
    await process.fire_schedules()
    await process.delete_schedule("n")
    clock.advance(3600)
    await process.fire_schedules()
    assert [task.state for task in await tasks_of(process)] == [TaskState.PENDING]


@pytest.mark.parametrize(
    "use_case", ["get_schedule", "pause_schedule", "resume_schedule", "delete_schedule", "run_schedule_now"]
)
async def test_an_unknown_name_is_refused(fleet: Fleet, use_case: str) -> None:
    process = await fleet.process()
    with pytest.raises(ScheduleNotFoundError, match="no schedule 'nobody'"):
        await getattr(process, use_case)("nobody")


async def test_running_a_schedule_now_enqueues_its_task_and_uses_up_no_tick(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    schedule = await process.put_schedule(cron(queue="q", args={"a": 1}))
    await process.pause_schedule("n")
    heard: list[TaskEvent] = []
    process.events.on(TaskCreated.name, heard.append)
    task = await process.run_schedule_now("n")
    assert isinstance(task, Task)
    assert (task.queue, task.payload, task.scheduled_at) == ("q", {"a": 1}, clock.now())
    assert task.metadata == {"schedule": "n"}
    assert await tasks_of(process) == [task]
    assert [event.task for event in heard] == [task]
    assert (await process.get_schedule("n")).last_tick == schedule.last_tick


async def test_running_now_respects_skip(fleet: Fleet) -> None:
    process = await fleet.process()
    await process.put_schedule(cron(overlap="skip"))
    first = await process.run_schedule_now("n")
    assert await process.run_schedule_now("n") == Duplicate(first.id, "schedule:n")


async def test_running_now_replaces_the_task_of_the_last_tick(fleet: Fleet, clock: FakeClock) -> None:
    process = await fleet.process()
    await process.put_schedule(cron(overlap="replace"))
    clock.advance(3600)
    await process.fire_schedules()
    await process.run_schedule_now("n")
    assert [task.state for task in await tasks_of(process)] == [TaskState.CANCELLED, TaskState.PENDING]

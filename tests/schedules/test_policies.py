"""Missed ticks, overlap and jitter, as a store's tasks show them."""

from __future__ import annotations

from typing import Any

import pytest

from backstage.domain.cron_task import CronTask
from backstage.domain.events import TaskCancelled, TaskCreated, TaskEvent
from backstage.domain.failure import Failure
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.testing.fake_clock import FakeClock
from tests.schedules.conftest import Fleet, tasks_of, ticks_of


async def scheduled(fleet: Fleet, **policy: Any) -> Container:
    process = await fleet.process()
    await process.put_schedule(CronTask("* * * * *", "t", name="minutely", **policy))
    return process


async def tick(process: Container, clock: FakeClock) -> None:
    clock.advance(60)
    await process.fire_schedules()


async def claim(process: Container) -> Task:
    request = ClaimRequest(worker_id="w1", types=frozenset({"t"}), queues=None, limit=1, lease=3600.0)
    [task] = (await process.backend.queue.claim(request)).tasks
    return task


# -- missed ticks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("catch_up", "ticks"),
    [("none", []), ("one", ["22:00"]), ("all", [f"{hour}:00" for hour in range(13, 23)])],
)
async def test_ten_ticks_that_nobody_fired_become(
    fleet: Fleet, clock: FakeClock, catch_up: MissedTicks, ticks: list[str]
) -> None:
    process = await fleet.process()
    await process.put_schedule(CronTask("@hourly", "t", name="hourly", catch_up=catch_up))
    clock.advance(3600 * 10 + 120)  # the last of them was two minutes ago
    turn = await process.fire_schedules()
    assert [each[11:16] for each in ticks_of(await tasks_of(process))] == ticks
    assert turn.next_in == pytest.approx(3600 - 120, abs=1)
    clock.advance(3600 - 120)
    await process.fire_schedules()
    assert [each[11:16] for each in ticks_of(await tasks_of(process))] == [*ticks, "23:00"]


async def test_a_long_outage_is_made_up_for_in_steps(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, catch_up="all")
    clock.advance(250 * 60)
    waits = [(await process.fire_schedules()).next_in for _ in range(3)]
    assert waits[:2] == [0.0, 0.0]
    assert waits[2] == pytest.approx(60, abs=0.2)
    assert len(await tasks_of(process)) == 250


# -- overlap ---------------------------------------------------------------------------------------


async def test_allow_lets_both_be(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet)
    await tick(process, clock)
    await tick(process, clock)
    assert [task.state for task in await tasks_of(process)] == [TaskState.PENDING] * 2


@pytest.mark.parametrize("is_running", [False, True])
async def test_skip_stores_nothing_while_an_earlier_task_lives(
    fleet: Fleet, clock: FakeClock, is_running: bool
) -> None:
    process = await scheduled(fleet, overlap="skip")
    await tick(process, clock)
    if is_running:
        await claim(process)
    clock.advance(60)
    [fired] = (await process.fire_schedules()).fired
    assert (len(fired.tasks), len(fired.skipped)) == (0, 1)
    assert len(await tasks_of(process)) == 1


@pytest.mark.parametrize("end", ["completed", "gave_up", "cancelled"])
async def test_skip_goes_on_with_the_next_tick_once_the_earlier_task_has_ended(
    fleet: Fleet, clock: FakeClock, end: str
) -> None:
    process = await scheduled(fleet, overlap="skip")
    await tick(process, clock)
    running = await claim(process)
    await tick(process, clock)
    failure = [Failure.of(ValueError())] if end == "gave_up" else []
    await process.backend.queue.settle([getattr(running, end)(*failure)])
    await tick(process, clock)
    assert [each[11:16] for each in ticks_of(await tasks_of(process))] == ["12:01", "12:03"]


async def test_skip_counts_a_task_that_waits_for_its_retry_as_living(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, overlap="skip")
    await tick(process, clock)
    running = await claim(process)
    await process.backend.queue.settle([running.snoozed(3600.0)])
    await tick(process, clock)
    assert len(await tasks_of(process)) == 1


async def test_replace_cancels_the_task_of_the_last_tick(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, overlap="replace")
    await tick(process, clock)
    await tick(process, clock)
    first, second = await tasks_of(process)
    assert (first.state, second.state) == (TaskState.CANCELLED, TaskState.PENDING)


async def test_replace_asks_a_running_task_to_stop(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, overlap="replace")
    await tick(process, clock)
    await claim(process)
    await tick(process, clock)
    first, second = await tasks_of(process)
    assert (first.state, first.is_cancel_requested) == (TaskState.RUNNING, True)
    assert second.state is TaskState.PENDING


async def test_replace_leaves_a_task_that_has_ended_alone(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, overlap="replace")
    await tick(process, clock)
    await process.backend.queue.settle([(await claim(process)).completed()])
    await tick(process, clock)
    assert [task.state for task in await tasks_of(process)] == [TaskState.COMPLETED, TaskState.PENDING]


# -- jitter, and what listeners hear ---------------------------------------------------------------


async def test_jitter_delays_the_task_and_not_the_tick(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, jitter=30.0)
    for _ in range(20):
        await tick(process, clock)
    tasks = await tasks_of(process)
    delays = [task.scheduled_at.second + task.scheduled_at.microsecond / 1e6 for task in tasks]
    assert all(0 <= delay <= 30 for delay in delays)
    assert len(set(delays)) == 20
    assert all(each.endswith(":00Z") for each in ticks_of(tasks))


async def test_listeners_hear_what_was_stored_and_nothing_else(fleet: Fleet, clock: FakeClock) -> None:
    process = await scheduled(fleet, overlap="skip")
    heard: list[TaskEvent] = []
    process.events.on(TaskCreated.name, heard.append)
    process.events.on(TaskCancelled.name, heard.append)
    await tick(process, clock)
    await tick(process, clock)
    [created] = heard
    assert [created.task] == await tasks_of(process)

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.scheduling import nightly
from backstage.conformance.trial import Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import StorageUnavailableError, TaskNotFoundError
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


class Firing(BackendSuite):
    """ScheduleRepository.fire: a tick and its tasks in one step, once, however many schedulers there are."""

    # -- firing ----------------------------------------------------------------------------------

    async def test_a_fired_tick_stores_its_tasks_and_is_decided_upon(self, trial: Trial) -> None:
        schedule, until = await trial.schedules.put(nightly()), _later(trial)
        tasks = [trial.new_task(dedupe=Dedupe("k"), payload_json="1"), trial.new_task(delay=60.0)]
        assert await trial.schedules.fire(schedule, until, tasks)
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert [await trial.tasks.get(task.id) for task in tasks] == tasks
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (2, 0)}
        assert [task.id for task in await trial.claim(5)] == [tasks[0].id]
        assert await trial.tasks.add([trial.new_task(dedupe=Dedupe("k"))]) == [Duplicate(tasks[0].id, "k")]

    async def test_ticks_may_be_passed_over_without_any_task(self, trial: Trial) -> None:
        schedule, until = await trial.schedules.put(nightly()), _later(trial)
        assert await trial.schedules.fire(schedule, until, [])
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert await trial.tally() == {}

    async def test_a_schedule_fires_again_and_again(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        for _ in range(5):
            until = _later(trial)
            assert await trial.schedules.fire(schedule, until, [trial.new_task()])
            found = await trial.schedules.find("nightly")
            assert isinstance(found, Schedule) and found.last_tick == until
            schedule = found
        assert len(await trial.claim(10)) == 5

    async def test_a_tick_that_another_scheduler_fired_is_not_fired_again(self, trial: Trial) -> None:
        schedule, until = await trial.schedules.put(nightly()), _later(trial)
        first, second = trial.new_task(), trial.new_task()
        assert await trial.schedules.fire(schedule, until, [first])
        assert not await trial.schedules.fire(schedule, until, [second])
        assert not await trial.schedules.fire(schedule, _later(trial), [second])
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert [task.id for task in await trial.claim(5)] == [first.id]

    async def test_a_paused_schedule_fires_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        await trial.schedules.pause("nightly")
        pause = Pause("schedule", "nightly", trial.clock.now())
        assert not await trial.schedules.fire(schedule, _later(trial), [trial.new_task()])
        assert await trial.schedules.find("nightly") == replace(schedule, is_paused=True, pause=pause)
        assert await trial.tally() == {}

    async def test_what_was_read_before_a_pause_fires_nothing_after_it(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        await trial.schedules.pause("nightly")
        trial.clock.advance(0.001)
        await trial.schedules.resume("nightly")
        assert not await trial.schedules.fire(schedule, _later(trial), [trial.new_task()])
        assert await trial.tally() == {}

    async def test_a_deleted_schedule_fires_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        await trial.schedules.delete("nightly")
        assert not await trial.schedules.fire(schedule, _later(trial), [trial.new_task()])
        assert await trial.schedules.all() == []
        assert await trial.tally() == {}

    async def test_a_fired_task_whose_key_is_held_is_left_out(self, trial: Trial) -> None:
        holder = await trial.added(dedupe=Dedupe("k"))
        schedule, until = await trial.schedules.put(nightly()), _later(trial)
        duplicate, fresh = trial.new_task(dedupe=Dedupe("k")), trial.new_task()
        assert await trial.schedules.fire(schedule, until, [duplicate, fresh])
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(duplicate.id)
        assert sorted(task.id for task in await trial.claim(5)) == [holder.id, fresh.id]

    async def test_the_second_task_of_a_tick_with_one_key_is_left_out(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        first, second = (trial.new_task(dedupe=Dedupe("k")) for _ in range(2))
        assert await trial.schedules.fire(schedule, _later(trial), [first, second])
        assert [task.id for task in await trial.claim(5)] == [first.id]

    async def test_a_fired_task_that_is_stored_already_is_left_as_it_is(self, trial: Trial) -> None:
        task = await trial.added(payload_json="1")
        schedule = await trial.schedules.put(nightly())
        assert await trial.schedules.fire(schedule, _later(trial), [msgspec.structs.replace(task, payload_json="2")])
        assert await trial.tasks.get(task.id) == task
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    # -- races and faults ------------------------------------------------------------------------

    async def test_each_tick_is_fired_by_one_of_many_schedulers(self, trial: Trial) -> None:
        await trial.schedules.put(nightly())
        for _ in range(20):
            found, until = await trial.schedules.find("nightly"), _later(trial)
            assert isinstance(found, Schedule)
            tasks = [trial.new_task() for _ in range(10)]
            fired = await asyncio.gather(*(trial.schedules.fire(found, until, [task]) for task in tasks))
            assert Counter(fired) == {True: 1, False: 9}
            winner = tasks[fired.index(True)]
            assert [task.id for task in await trial.claim(20)] == [winner.id]

    async def test_a_fire_against_a_pause_leaves_no_half_step(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        for n in range(30):
            task, until = trial.new_task(), _later(trial)
            fired = await _fire_against(n, trial, schedule, until, task, trial.schedules.pause("nightly"))
            stored = await trial.schedules.find("nightly")
            assert isinstance(stored, Schedule) and stored.is_paused
            assert stored.last_tick == (until if fired else schedule.last_tick)
            trial.clock.advance(1)
            await trial.schedules.resume("nightly")
            schedule = replace(schedule, last_tick=trial.clock.now())

    async def test_a_fire_against_a_deletion_leaves_no_half_step(self, trial: Trial) -> None:
        for n in range(30):
            schedule = await trial.schedules.put(nightly())
            task, until = trial.new_task(), _later(trial)
            await _fire_against(n, trial, schedule, until, task, trial.schedules.delete("nightly"))
            assert await trial.schedules.find("nightly") is None

    async def test_a_schedule_that_is_put_while_it_fires_forgets_no_tick(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        for n in range(30):
            task, until, cron = trial.new_task(), _later(trial), nightly(args=n)
            assert await _fire_against(n, trial, schedule, until, task, trial.schedules.put(cron))
            schedule = Schedule(cron=cron, last_tick=until)
            assert await trial.schedules.find("nightly") == schedule

    async def test_a_schedule_that_many_put_at_once_is_one(self, trial: Trial) -> None:
        put = await asyncio.gather(*(trial.schedules.put(nightly()) for _ in range(10)))
        assert put == [await trial.schedules.find("nightly")] * 10

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: str(fault.value))
    async def test_firing_a_tick_again_after_a_fault_fires_it_once(self, trial: Trial, fault: Fault) -> None:
        plan, task = FaultPlan([fault]), trial.new_task()
        schedule, until = await trial.schedules.put(nightly()), _later(trial)
        with pytest.raises(StorageUnavailableError):
            await plan.around(lambda: trial.schedules.fire(schedule, until, [task]))
        again = await trial.schedules.fire(schedule, until, [task])
        assert again is (fault is Fault.REQUEST_LOST)
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert [each.id for each in await trial.claim(5)] == [task.id]


def _later(trial: Trial) -> datetime:
    """A minute has passed: now."""
    trial.clock.advance(60)
    return trial.clock.now()


async def _fire_against(n: int, trial: Trial, schedule: Schedule, until: datetime, task: Task, other: Any) -> bool:
    """Whether it fired while the other step was taken, in even rounds before it; the task is stored if it did."""
    fire = trial.schedules.fire(schedule, until, [task])
    steps = (fire, other) if n % 2 == 0 else (other, fire)
    fired: bool = (await asyncio.gather(*steps))[n % 2]
    assert [each.id for each in await trial.claim(5)] == ([task.id] if fired else [])
    return fired

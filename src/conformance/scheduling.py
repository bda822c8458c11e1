from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.keeping import UNICODE
from backstage.conformance.trial import Trial
from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import StorageUnavailableError, TaskNotFoundError
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

EVERYTHING = CronTask(
    "*/5 8-18 * * mon-fri",
    "report:build",
    "reports",
    {UNICODE: [1, 2.5, None, True, {}]},
    time_zone="Europe/Berlin",
    name=UNICODE.replace("\x00", ""),
    catch_up=MissedTicks.ALL,
)


class Scheduling(BackendSuite):
    """ScheduleRepository: schedules that any number of schedulers share, and ticks that fire once."""

    # -- keeping ---------------------------------------------------------------------------------

    async def test_at_first_there_are_no_schedules(self, trial: Trial) -> None:
        assert await trial.schedules.all() == []
        assert await trial.schedules.find("nightly") is None

    async def test_a_new_schedule_begins_now(self, trial: Trial) -> None:
        trial.clock.advance(0.000001)
        schedule = await trial.schedules.put(_cron())
        assert schedule == Schedule(cron=_cron(), last_tick=trial.clock.now())
        assert await trial.schedules.find("nightly") == schedule

    async def test_a_cron_task_is_given_back_exactly(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(EVERYTHING)
        assert schedule.cron == EVERYTHING
        [stored] = await trial.schedules.all()
        assert (stored, stored.cron.payload_json) == (schedule, EVERYTHING.payload_json)

    async def test_schedules_are_told_by_name(self, trial: Trial) -> None:
        for name in ("b", "Z", "a", "a ", "ä", "a b"):
            await trial.schedules.put(_cron(name=name))
        assert [each.name for each in await trial.schedules.all()] == ["Z", "a", "a ", "a b", "b", "ä"]

    async def test_putting_a_schedule_again_changes_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        trial.clock.advance(5)
        assert await trial.schedules.put(_cron()) == schedule

    async def test_a_schedule_that_is_put_anew_keeps_its_last_tick_and_its_pause(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        await trial.schedules.pause("nightly")
        trial.clock.advance(5)
        later = _cron(schedule="0 4 * * *", task_name="report:build", queue="reports", args=[1])
        assert await trial.schedules.put(later) == replace(schedule, cron=later, is_paused=True)
        assert await trial.schedules.all() == [replace(schedule, cron=later, is_paused=True)]

    async def test_a_deleted_schedule_is_gone(self, trial: Trial) -> None:
        await trial.schedules.put(_cron())
        await trial.schedules.put(_cron(name="hourly"))
        assert await trial.schedules.delete("nightly")
        assert not await trial.schedules.delete("nightly")
        assert await trial.schedules.find("nightly") is None
        assert [each.name for each in await trial.schedules.all()] == ["hourly"]

    async def test_a_schedule_that_was_deleted_begins_anew_when_it_is_put(self, trial: Trial) -> None:
        await trial.schedules.put(_cron())
        await trial.schedules.pause("nightly")
        await trial.schedules.delete("nightly")
        trial.clock.advance(5)
        assert await trial.schedules.put(_cron()) == Schedule(cron=_cron(), last_tick=trial.clock.now())

    async def test_schedules_of_one_task_are_kept_apart_by_name(self, trial: Trial) -> None:
        one, other = await trial.schedules.put(_cron(name="one")), await trial.schedules.put(_cron(name="other"))
        assert await trial.schedules.fire(one, _later(trial), [])
        assert await trial.schedules.find("other") == other

    @pytest.mark.parametrize("is_paused", [False, True])
    async def test_a_restored_schedule_is_as_it_was(self, trial: Trial, is_paused: bool) -> None:
        last_tick = datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
        schedule = Schedule(cron=EVERYTHING, last_tick=last_tick, is_paused=is_paused)
        assert await trial.schedules.restore(schedule)
        assert await trial.schedules.find(schedule.name) == schedule

    async def test_restoring_leaves_a_schedule_of_that_name_as_it_is(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        assert not await trial.schedules.restore(replace(schedule, cron=_cron(queue="mail"), is_paused=True))
        assert await trial.schedules.all() == [schedule]

    async def test_a_restored_schedule_fires_from_its_last_tick_on(self, trial: Trial) -> None:
        schedule = Schedule(cron=_cron(), last_tick=datetime(2026, 1, 1, tzinfo=UTC))
        await trial.schedules.restore(schedule)
        assert await trial.schedules.fire(schedule, trial.clock.now(), [trial.new_task()])
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=trial.clock.now())

    # -- pausing ---------------------------------------------------------------------------------

    async def test_a_pause_leaves_the_last_tick_alone_and_is_told_once(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        trial.clock.advance(5)
        assert await trial.schedules.pause("nightly")
        assert not await trial.schedules.pause("nightly")
        assert await trial.schedules.find("nightly") == replace(schedule, is_paused=True)

    async def test_a_resumed_schedule_goes_on_from_now(self, trial: Trial) -> None:
        await trial.schedules.put(_cron())
        await trial.schedules.pause("nightly")
        trial.clock.advance(3600.000001)
        assert await trial.schedules.resume("nightly")
        assert await trial.schedules.find("nightly") == Schedule(cron=_cron(), last_tick=trial.clock.now())

    async def test_resuming_a_schedule_that_is_not_paused_changes_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        trial.clock.advance(5)
        assert not await trial.schedules.resume("nightly")
        assert await trial.schedules.find("nightly") == schedule

    async def test_an_unknown_schedule_is_neither_paused_nor_resumed(self, trial: Trial) -> None:
        assert not await trial.schedules.pause("nobody")
        assert not await trial.schedules.resume("nobody")
        assert await trial.schedules.all() == []

    # -- firing ----------------------------------------------------------------------------------

    async def test_a_fired_tick_stores_its_tasks_and_is_decided_upon(self, trial: Trial) -> None:
        schedule, until = await trial.schedules.put(_cron()), _later(trial)
        tasks = [trial.new_task(dedupe=Dedupe("k"), payload_json="1"), trial.new_task(delay=60.0)]
        assert await trial.schedules.fire(schedule, until, tasks)
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert [await trial.tasks.get(task.id) for task in tasks] == tasks
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (2, 0)}
        assert [task.id for task in await trial.claim(5)] == [tasks[0].id]
        assert await trial.tasks.add([trial.new_task(dedupe=Dedupe("k"))]) == [Duplicate(tasks[0].id, "k")]

    async def test_ticks_may_be_passed_over_without_any_task(self, trial: Trial) -> None:
        schedule, until = await trial.schedules.put(_cron()), _later(trial)
        assert await trial.schedules.fire(schedule, until, [])
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert await trial.tally() == {}

    async def test_a_schedule_fires_again_and_again(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        for _ in range(5):
            until = _later(trial)
            assert await trial.schedules.fire(schedule, until, [trial.new_task()])
            found = await trial.schedules.find("nightly")
            assert found is not None and found.last_tick == until
            schedule = found
        assert len(await trial.claim(10)) == 5

    async def test_a_tick_that_another_scheduler_fired_is_not_fired_again(self, trial: Trial) -> None:
        schedule, until = await trial.schedules.put(_cron()), _later(trial)
        first, second = trial.new_task(), trial.new_task()
        assert await trial.schedules.fire(schedule, until, [first])
        assert not await trial.schedules.fire(schedule, until, [second])
        assert not await trial.schedules.fire(schedule, _later(trial), [second])
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert [task.id for task in await trial.claim(5)] == [first.id]

    async def test_a_paused_schedule_fires_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        await trial.schedules.pause("nightly")
        assert not await trial.schedules.fire(schedule, _later(trial), [trial.new_task()])
        assert await trial.schedules.find("nightly") == replace(schedule, is_paused=True)
        assert await trial.tally() == {}

    async def test_what_was_read_before_a_pause_fires_nothing_after_it(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        await trial.schedules.pause("nightly")
        trial.clock.advance(0.001)
        await trial.schedules.resume("nightly")
        assert not await trial.schedules.fire(schedule, _later(trial), [trial.new_task()])
        assert await trial.tally() == {}

    async def test_a_deleted_schedule_fires_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        await trial.schedules.delete("nightly")
        assert not await trial.schedules.fire(schedule, _later(trial), [trial.new_task()])
        assert await trial.schedules.all() == []
        assert await trial.tally() == {}

    async def test_a_fired_task_whose_key_is_held_is_left_out(self, trial: Trial) -> None:
        holder = await trial.added(dedupe=Dedupe("k"))
        schedule, until = await trial.schedules.put(_cron()), _later(trial)
        duplicate, fresh = trial.new_task(dedupe=Dedupe("k")), trial.new_task()
        assert await trial.schedules.fire(schedule, until, [duplicate, fresh])
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(duplicate.id)
        assert sorted(task.id for task in await trial.claim(5)) == [holder.id, fresh.id]

    async def test_the_second_task_of_a_tick_with_one_key_is_left_out(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        first, second = (trial.new_task(dedupe=Dedupe("k")) for _ in range(2))
        assert await trial.schedules.fire(schedule, _later(trial), [first, second])
        assert [task.id for task in await trial.claim(5)] == [first.id]

    async def test_a_fired_task_that_is_stored_already_is_left_as_it_is(self, trial: Trial) -> None:
        task = await trial.added(payload_json="1")
        schedule = await trial.schedules.put(_cron())
        assert await trial.schedules.fire(schedule, _later(trial), [replace(task, payload_json="2")])
        assert await trial.tasks.get(task.id) == task
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    # -- races and faults ------------------------------------------------------------------------

    async def test_each_tick_is_fired_by_one_of_many_schedulers(self, trial: Trial) -> None:
        await trial.schedules.put(_cron())
        for _ in range(20):
            found, until = await trial.schedules.find("nightly"), _later(trial)
            assert found is not None
            tasks = [trial.new_task() for _ in range(10)]
            fired = await asyncio.gather(*(trial.schedules.fire(found, until, [task]) for task in tasks))
            assert Counter(fired) == {True: 1, False: 9}
            winner = tasks[fired.index(True)]
            assert [task.id for task in await trial.claim(20)] == [winner.id]

    async def test_a_fire_against_a_pause_leaves_no_half_step(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        for n in range(30):
            task, until = trial.new_task(), _later(trial)
            fired = await _fire_against(n, trial, schedule, until, task, trial.schedules.pause("nightly"))
            stored = await trial.schedules.find("nightly")
            assert stored == replace(schedule, last_tick=until if fired else schedule.last_tick, is_paused=True)
            trial.clock.advance(1)
            await trial.schedules.resume("nightly")
            schedule = replace(schedule, last_tick=trial.clock.now())

    async def test_a_fire_against_a_deletion_leaves_no_half_step(self, trial: Trial) -> None:
        for n in range(30):
            schedule = await trial.schedules.put(_cron())
            task, until = trial.new_task(), _later(trial)
            await _fire_against(n, trial, schedule, until, task, trial.schedules.delete("nightly"))
            assert await trial.schedules.find("nightly") is None

    async def test_a_schedule_that_is_put_while_it_fires_forgets_no_tick(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(_cron())
        for n in range(30):
            task, until, cron = trial.new_task(), _later(trial), _cron(args=n)
            assert await _fire_against(n, trial, schedule, until, task, trial.schedules.put(cron))
            schedule = Schedule(cron=cron, last_tick=until)
            assert await trial.schedules.find("nightly") == schedule

    async def test_a_schedule_that_many_put_at_once_is_one(self, trial: Trial) -> None:
        put = await asyncio.gather(*(trial.schedules.put(_cron()) for _ in range(10)))
        assert put == [await trial.schedules.find("nightly")] * 10

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: str(fault.value))
    async def test_a_tick_is_fired_once_although_the(self, trial: Trial, fault: Fault) -> None:
        plan, task = FaultPlan([fault]), trial.new_task()
        schedule, until = await trial.schedules.put(_cron()), _later(trial)
        with pytest.raises(StorageUnavailableError):
            await plan.around(lambda: trial.schedules.fire(schedule, until, [task]))
        again = await trial.schedules.fire(schedule, until, [task])
        assert again is (fault is Fault.REQUEST_LOST)
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=until)
        assert [each.id for each in await trial.claim(5)] == [task.id]


def _cron(**fields: Any) -> CronTask:
    defaults: dict[str, Any] = {"schedule": "0 3 * * *", "task_name": "email:send", "name": "nightly"}
    return CronTask(**(defaults | fields))


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

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.keeping import UNICODE
from backstage.conformance.trial import Trial
from backstage.domain.cron_task import CronTask
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule

EVERYTHING = CronTask(
    "*/5 8-18 * * mon-fri",
    "report:build",
    "reports",
    {UNICODE: [1, 2.5, None, True, {}]},
    time_zone="Europe/Berlin",
    name=UNICODE.replace("\x00", ""),
    catch_up=MissedTicks.ALL,
    overlap=Overlap.REPLACE,
    jitter=2.5,
)

UNICODE_LINE = " ".join(UNICODE.replace("\x00", "").split())


class Scheduling(BackendSuite):
    """ScheduleRepository: schedules are kept, paused and taken from another store."""

    # -- keeping ---------------------------------------------------------------------------------

    async def test_at_first_there_are_no_schedules(self, trial: Trial) -> None:
        assert await trial.schedules.all() == []
        assert await trial.schedules.find("nightly") is None

    async def test_a_new_schedule_begins_now(self, trial: Trial) -> None:
        trial.clock.advance(0.000001)
        schedule = await trial.schedules.put(nightly())
        assert schedule == Schedule(cron=nightly(), last_tick=trial.clock.now())
        assert await trial.schedules.find("nightly") == schedule

    async def test_a_cron_task_is_given_back_exactly(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(EVERYTHING)
        assert schedule.cron == EVERYTHING
        [stored] = await trial.schedules.all()
        assert isinstance(stored, Schedule)
        assert (stored, stored.cron.payload_json) == (schedule, EVERYTHING.payload_json)

    async def test_a_schedule_that_cannot_be_read_hides_no_other_and_can_be_put_anew_or_deleted(
        self, trial: Trial
    ) -> None:
        hourly, strange = await trial.schedules.put(nightly(name="hourly")), nightly()
        object.__setattr__(strange, "time_zone", "Olympus/Mons")  # which only the host that stored it knows
        await trial.schedules.put(strange)
        assert [each.name for each in await trial.schedules.all()] == ["hourly", "nightly"]
        assert hourly in await trial.schedules.all()
        found = await trial.schedules.find("nightly")
        assert found is not None and found.name == "nightly"
        assert await trial.schedules.put(nightly()) == await trial.schedules.find("nightly")
        await trial.schedules.put(strange)
        assert await trial.schedules.delete("nightly")
        assert await trial.schedules.all() == [hourly]

    async def test_schedules_are_told_by_name(self, trial: Trial) -> None:
        for name in ("b", "Z", "a", "a ", "ä", "a b"):
            await trial.schedules.put(nightly(name=name))
        assert [each.name for each in await trial.schedules.all()] == ["Z", "a", "a ", "a b", "b", "ä"]

    async def test_putting_a_schedule_again_changes_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        trial.clock.advance(5)
        assert await trial.schedules.put(nightly()) == schedule

    async def test_a_schedule_that_is_put_anew_keeps_its_last_tick_and_its_pause(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        await trial.schedules.pause("nightly")
        pause = Pause("schedule", "nightly", trial.clock.now())
        trial.clock.advance(5)
        later = nightly(schedule="0 4 * * *", task_name="report:build", queue="reports", args=[1])
        assert await trial.schedules.put(later) == replace(schedule, cron=later, is_paused=True, pause=pause)
        assert await trial.schedules.all() == [replace(schedule, cron=later, is_paused=True, pause=pause)]

    async def test_a_deleted_schedule_is_gone(self, trial: Trial) -> None:
        await trial.schedules.put(nightly())
        await trial.schedules.put(nightly(name="hourly"))
        assert await trial.schedules.delete("nightly")
        assert not await trial.schedules.delete("nightly")
        assert await trial.schedules.find("nightly") is None
        assert [each.name for each in await trial.schedules.all()] == ["hourly"]

    async def test_a_schedule_that_was_deleted_begins_anew_when_it_is_put(self, trial: Trial) -> None:
        await trial.schedules.put(nightly())
        await trial.schedules.pause("nightly")
        await trial.schedules.delete("nightly")
        trial.clock.advance(5)
        assert await trial.schedules.put(nightly()) == Schedule(cron=nightly(), last_tick=trial.clock.now())

    async def test_schedules_of_one_task_are_kept_apart_by_name(self, trial: Trial) -> None:
        one, other = await trial.schedules.put(nightly(name="one")), await trial.schedules.put(nightly(name="other"))
        assert await trial.schedules.fire(one, trial.clock.now(), [])
        assert await trial.schedules.find("other") == other

    @pytest.mark.parametrize("is_paused", [False, True])
    async def test_a_restored_schedule_is_as_it_was(self, trial: Trial, is_paused: bool) -> None:
        last_tick = datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
        pause = Pause("schedule", EVERYTHING.name, trial.clock.now(), "ops", "provider down") if is_paused else None
        schedule = Schedule(cron=EVERYTHING, last_tick=last_tick, is_paused=is_paused, pause=pause)
        assert await trial.schedules.restore(schedule)
        assert not await trial.schedules.restore(schedule)
        assert await trial.schedules.find(schedule.name) == schedule

    async def test_restoring_leaves_a_schedule_of_that_name_as_it_is(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        assert not await trial.schedules.restore(replace(schedule, cron=nightly(queue="mail"), is_paused=True))
        assert await trial.schedules.all() == [schedule]

    async def test_a_restored_schedule_fires_from_its_last_tick_on(self, trial: Trial) -> None:
        schedule = Schedule(cron=nightly(), last_tick=datetime(2026, 1, 1, tzinfo=UTC))
        await trial.schedules.restore(schedule)
        assert await trial.schedules.fire(schedule, trial.clock.now(), [trial.new_task()])
        assert await trial.schedules.find("nightly") == replace(schedule, last_tick=trial.clock.now())

    # -- pausing ---------------------------------------------------------------------------------

    async def test_a_pause_leaves_the_last_tick_alone_and_is_told_once(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        trial.clock.advance(5)
        assert await trial.schedules.pause("nightly")
        pause = Pause("schedule", "nightly", trial.clock.now())
        trial.clock.advance(5)
        assert not await trial.schedules.pause("nightly", by="somebody else")
        assert await trial.schedules.find("nightly") == replace(schedule, is_paused=True, pause=pause)

    async def test_a_paused_schedule_says_by_whom_and_why_until_it_is_resumed(self, trial: Trial) -> None:
        await trial.schedules.put(nightly())
        trial.clock.advance(5)
        assert await trial.schedules.pause("nightly", by="ops", reason=UNICODE_LINE)
        pause = Pause("schedule", "nightly", trial.clock.now(), "ops", UNICODE_LINE)
        for stored in (await trial.schedules.find("nightly"), *await trial.schedules.all()):
            assert isinstance(stored, Schedule) and stored.pause == pause
        moved = await trial.schedules.put(nightly(queue="reports"))
        assert moved.pause == pause
        assert await trial.schedules.all() == [moved]
        trial.clock.advance(5)
        await trial.schedules.resume("nightly")
        await trial.schedules.pause("nightly")
        found = await trial.schedules.find("nightly")
        assert isinstance(found, Schedule)
        assert found.pause == Pause("schedule", "nightly", trial.clock.now())

    async def test_a_resumed_schedule_goes_on_from_now(self, trial: Trial) -> None:
        await trial.schedules.put(nightly())
        await trial.schedules.pause("nightly")
        trial.clock.advance(3600.000001)
        assert await trial.schedules.resume("nightly")
        assert await trial.schedules.find("nightly") == Schedule(cron=nightly(), last_tick=trial.clock.now())

    async def test_resuming_a_schedule_that_is_not_paused_changes_nothing(self, trial: Trial) -> None:
        schedule = await trial.schedules.put(nightly())
        trial.clock.advance(5)
        assert not await trial.schedules.resume("nightly")
        assert await trial.schedules.find("nightly") == schedule

    async def test_an_unknown_schedule_is_neither_paused_nor_resumed(self, trial: Trial) -> None:
        assert not await trial.schedules.pause("nobody")
        assert not await trial.schedules.resume("nobody")
        assert await trial.schedules.all() == []


def nightly(**fields: Any) -> CronTask:
    defaults: dict[str, Any] = {"schedule": "0 3 * * *", "task_name": "email:send", "name": "nightly"}
    return CronTask(**(defaults | fields))

"""What a schedule fires now."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.domain.cron_task import CronTask
from backstage.domain.firing import BATCH, Firing, firing_of, next_tick
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.schedule import Schedule
from backstage.domain.tick import tick_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def schedule(expression: str = "@hourly", last_tick: datetime = NOON, **fields: Any) -> Schedule:
    return Schedule(cron=CronTask(expression, "t", name="n", **fields), last_tick=last_tick)


def ticks_of(firing: Firing | None) -> list[datetime]:
    return [] if firing is None else [task.scheduled_at for task in firing.tasks]


@pytest.mark.parametrize("catch_up", MissedTicks)
@pytest.mark.parametrize("overlap", Overlap)
def test_a_punctual_tick_fires_under_every_policy(catch_up: MissedTicks, overlap: Overlap) -> None:
    hourly = schedule(catch_up=catch_up, overlap=overlap)
    assert firing_of(hourly, NOON + HOUR - timedelta(microseconds=1)) is None
    firing = firing_of(hourly, NOON + HOUR)
    assert ticks_of(firing) == [NOON + HOUR]
    assert firing is not None
    assert firing.until == NOON + HOUR


@pytest.mark.parametrize("catch_up", MissedTicks)
def test_a_paused_schedule_fires_nothing(catch_up: MissedTicks) -> None:
    assert firing_of(replace(schedule(catch_up=catch_up), is_paused=True), NOON + HOUR) is None


def test_all_fires_each_missed_tick_in_bounded_steps() -> None:
    minutely, now = schedule("* * * * *", catch_up=MissedTicks.ALL), NOON + timedelta(minutes=BATCH + 20, seconds=5)
    first = firing_of(minutely, now)
    assert first is not None
    assert (len(first.tasks), first.until) == (BATCH, NOON + timedelta(minutes=BATCH))
    rest = firing_of(replace(minutely, last_tick=first.until), now)
    assert len(ticks_of(rest)) == 20


def test_ticks_that_none_drops_are_decided_with_the_next_that_fires() -> None:
    hourly = schedule(catch_up=MissedTicks.NONE)
    assert firing_of(hourly, NOON + timedelta(hours=2, minutes=30)) is None
    assert ticks_of(firing_of(hourly, NOON + 3 * HOUR)) == [NOON + 3 * HOUR]


def test_replace_names_the_task_of_the_last_tick_and_fires_the_latest_alone() -> None:
    hourly = schedule(overlap=Overlap.REPLACE, catch_up=MissedTicks.ALL)
    firing = firing_of(hourly, NOON + 3 * HOUR)
    assert ticks_of(firing) == [NOON + 3 * HOUR]
    assert firing is not None
    assert firing.replaced == tick_id("n", NOON)


@pytest.mark.parametrize("overlap", [Overlap.ALLOW, Overlap.SKIP])
def test_nothing_else_replaces(overlap: Overlap) -> None:
    firing = firing_of(schedule(overlap=overlap), NOON + HOUR)
    assert firing is not None
    assert firing.replaced is None


def test_the_next_tick_is_later_than_now_and_than_the_last_one() -> None:
    assert next_tick(schedule(), NOON + timedelta(minutes=90)) == NOON + 2 * HOUR
    assert next_tick(schedule(last_tick=NOON + 5 * HOUR), NOON) == NOON + 6 * HOUR


EXPRESSIONS = ["* * * * *", "*/7 * * * *", "30 2 * * *", "@hourly", "every 90s", "every 1s"]
ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe"]


@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(ZONES),
    st.sampled_from(MissedTicks),
    st.sampled_from(Overlap),
    st.lists(st.tuples(st.integers(0, 2), st.floats(-100, 400)), min_size=1, max_size=40),
)
def test_schedulers_with_wrong_clocks_and_pauses_fire_no_tick_twice(
    expression: str, zone: str, catch_up: MissedTicks, overlap: Overlap, steps: list[tuple[int, float]]
) -> None:
    """Each step is one scheduler of three, whose clocks are wrong by up to ninety seconds, after some time (or a clock
    set back). The store's rule is that of ScheduleRepository.fire."""
    start = datetime(2026, 10, 24, 23, tzinfo=UTC)  # clocks go back in Berlin two hours later
    cron = CronTask(expression, "t", name="n", time_zone=zone, catch_up=catch_up, overlap=overlap)
    stored, now = Schedule(cron=cron, last_tick=start), start
    fired: list[datetime] = []
    for scheduler, seconds in steps:
        now += timedelta(seconds=seconds)
        theirs = now + timedelta(seconds=(-90, 0, 90)[scheduler])
        firing = firing_of(stored, theirs)
        if firing is None:
            continue
        assert stored.last_tick < firing.until <= theirs
        assert firing.until == firing.tasks[-1].scheduled_at
        fired += ticks_of(firing)
        stored = replace(stored, last_tick=firing.until)
    assert [tick for tick, times in Counter(fired).items() if times > 1] == []
    assert fired == sorted(fired)
    nominal = cron.cron.ticks_between(start, stored.last_tick, 100_000)
    assert set(fired) <= set(nominal)
    if catch_up is MissedTicks.ALL and overlap is not Overlap.REPLACE:
        assert fired == nominal

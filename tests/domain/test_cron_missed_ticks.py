"""Which ticks fire after a pause of the scheduler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backstage.domain.cron import CronSchedule
from backstage.domain.missed_ticks import MissedTicks, due_ticks

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOURLY = CronSchedule.parse("@hourly")
LATER = NOON + timedelta(hours=4, minutes=30)


def at(*hours: int) -> list[datetime]:
    return [NOON + timedelta(hours=hour) for hour in hours]


def test_all_fires_each_missed_tick_oldest_first() -> None:
    assert due_ticks(HOURLY, NOON, LATER, MissedTicks.ALL, 10) == at(1, 2, 3, 4)


def test_all_goes_on_after_its_limit_from_the_last_tick_given() -> None:
    first = due_ticks(HOURLY, NOON, LATER, MissedTicks.ALL, 3)
    assert first == at(1, 2, 3)
    assert due_ticks(HOURLY, first[-1], LATER, MissedTicks.ALL, 3) == at(4)


def test_one_fires_the_latest_for_all() -> None:
    assert due_ticks(HOURLY, NOON, LATER, MissedTicks.ONE, 10) == at(4)


def test_none_drops_what_is_more_than_a_minute_old() -> None:
    assert due_ticks(HOURLY, NOON, LATER, MissedTicks.NONE, 10) == []
    assert due_ticks(HOURLY, NOON, NOON + timedelta(hours=4, seconds=61), MissedTicks.NONE, 10) == []
    assert due_ticks(HOURLY, NOON, NOON + timedelta(hours=4, seconds=60), MissedTicks.NONE, 10) == at(4)


@pytest.mark.parametrize("policy", MissedTicks)
def test_a_punctual_tick_fires_under_every_policy_and_once(policy: MissedTicks) -> None:
    [tick] = at(1)
    assert due_ticks(HOURLY, NOON, tick - timedelta(microseconds=1), policy, 10) == []
    assert due_ticks(HOURLY, NOON, tick, policy, 10) == [tick]
    assert due_ticks(HOURLY, tick, tick + timedelta(seconds=1), policy, 10) == []


@pytest.mark.parametrize("policy", MissedTicks)
def test_a_clock_that_went_back_fires_nothing(policy: MissedTicks) -> None:
    assert due_ticks(HOURLY, LATER, NOON, policy, 10) == []


def test_ten_years_of_missed_minutes_become_one_tick_at_once() -> None:
    schedule = CronSchedule.parse("* * * * *", "Europe/Berlin")
    now = NOON + timedelta(days=3650, seconds=30)
    assert due_ticks(schedule, NOON, now, MissedTicks.ONE, 1) == [NOON + timedelta(days=3650)]

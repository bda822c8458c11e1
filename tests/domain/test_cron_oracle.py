"""The schedule against an oracle that walks every minute around changes of the clock and knows only the rule's text."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backstage.domain.cron import CronSchedule
from tests.domain.cron_oracle import EXPRESSIONS, Change, all_changes, changes_by_zone, days_with_a_change, oracle, walk

ZONES = [
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",  # changes at 02:45
    "Antarctica/Troll",  # two hours
    "Africa/Cairo",  # changes at midnight
    "America/Santiago",  # changes at 24:00
    "Africa/Casablanca",  # goes back for Ramadan
    "Asia/Kathmandu",  # never changes, 5:45
    "Pacific/Apia",  # left out a whole day
    "America/St_Johns",  # changed at 00:01 until 2011
]


@pytest.mark.parametrize("zone_name", ZONES)
def test_every_tick_around_changes_of_the_clock_is_the_one_that_the_rule_names(zone_name: str) -> None:
    zone, chance = ZoneInfo(zone_name), random.Random(zone_name)
    changes = days_with_a_change(zone) or [datetime(2026, 3, 28, 12, tzinfo=UTC)]
    for noon in chance.sample(changes, min(3, len(changes))):
        assert list(Change(zone_name, noon).problems(EXPRESSIONS)) == []


@pytest.mark.parametrize("zone_name", ZONES)
def test_the_next_tick_is_the_first_one_later_from_any_moment(zone_name: str) -> None:
    zone, chance = ZoneInfo(zone_name), random.Random(zone_name)
    changes = days_with_a_change(zone) or [datetime(2026, 3, 28, 12, tzinfo=UTC)]
    for noon in chance.sample(changes, 1):
        start, end = noon - timedelta(hours=6), noon + timedelta(hours=30)
        walked = walk(zone, start, end)
        for expression in EXPRESSIONS:
            schedule, ticks = CronSchedule.parse(expression, zone_name), oracle(expression, walked)
            for _ in range(40):
                moment = start + timedelta(seconds=round(chance.uniform(0, 35 * 3600), 6))
                expected = next((tick for tick in ticks if tick > moment), None)
                found = schedule.next_after(moment)
                assert found == expected or (expected is None and found > end), (expression, moment)


def test_the_day_that_samoa_left_out_is_made_up_for_at_its_end() -> None:
    daily = CronSchedule.parse("30 9 * * *", "Pacific/Apia")
    start = datetime(2011, 12, 29, tzinfo=UTC)
    walked = walk(ZoneInfo("Pacific/Apia"), start, start + timedelta(days=3))
    ticks = daily.ticks_between(start, start + timedelta(days=3), 10)
    assert ticks == oracle("30 9 * * *", walked)
    assert datetime(2011, 12, 30, 10, 0, tzinfo=UTC) in ticks  # midnight at the start of the 31st


def test_the_walk_covers_both_kinds_of_change() -> None:
    kinds = set()
    for zone_name in ZONES:
        zone = ZoneInfo(zone_name)
        for noon in days_with_a_change(zone):
            before, after = (moment.astimezone(zone).utcoffset() for moment in (noon, noon + timedelta(days=1)))
            assert before is not None and after is not None
            kinds.add(after - before)
    assert {timedelta(minutes=m) for m in (30, -30, 60, -60, 120, -120, 1440)} <= kinds


def test_clock_changes_in_every_zone_from_2010_to_2037_follow_the_rule() -> None:
    """A sample of all of them; `python -m tests.domain.cron_oracle` takes every one, with every expression."""
    chance = random.Random(20261125)
    changes = all_changes()
    assert len({change.zone_name for change in changes}) > 60
    assert {change.noon.year for change in changes} == set(range(2010, 2038))
    for change in chance.sample(changes, 80):
        assert list(change.problems(chance.sample(EXPRESSIONS, 3))) == []


def test_zones_whose_clocks_never_change_tick_as_the_rule_says_too() -> None:
    still = [name for name, changes in changes_by_zone().items() if not changes]
    chance = random.Random(20261125)
    for name in chance.sample(still, 20):
        noon = datetime(chance.randint(2010, 2037), chance.randint(1, 12), 5, 12, tzinfo=UTC)
        assert list(Change(name, noon).problems(chance.sample(EXPRESSIONS, 3))) == []

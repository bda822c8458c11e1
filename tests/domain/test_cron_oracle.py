"""The schedule against an oracle that walks every minute around changes of the clock and knows only the rule's text."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from backstage.domain.cron import CronSchedule

MINUTE = timedelta(minutes=1)
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
EXPRESSIONS = [
    "* * * * *",
    "*/5 * * * *",
    "*/40 * * * *",
    "0 * * * *",
    "15,45 * * * *",
    "*/15 2 * * *",
    "* 0-3 * * *",
    "30 */2 * * *",
    "0 */3 * * *",
    "0 2 * * *",
    "30 2 * * *",
    "30 1 * * *",
    "15 1,2,3 * * *",
    "0 0 * * *",
    "30 0 * * *",
    "0,30 1-3 * * *",
    "59 23 * * *",
    "0 3 * * 0",
    "5 1 * * 1-5",
    "30 2 1-15 * 0",
    "30 2 */2 * 0",
    "10 0-23 * * *",
    "0-59 0-23 * * *",
]


def values(text: str, least: int, most: int) -> set[int]:
    chosen: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        low, _, high = span.partition("-")
        first, last = (least, most) if low == "*" else (int(low), int(high or low))
        chosen.update(range(first, last + 1, int(step or 1)))
    return chosen


def matcher(expression: str) -> Callable[[datetime], bool]:
    texts = expression.split()
    limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]
    minutes, hours, days, months, weekdays = (values(text, *limit) for text, limit in zip(texts, limits, strict=True))
    needs_both = texts[2].startswith("*") or texts[4].startswith("*")

    def matches(wall: datetime) -> bool:
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        answers = (wall.day in days, wall.isoweekday() % 7 in weekdays)
        return all(answers) if needs_both else any(answers)

    return matches


class Minute(NamedTuple):
    """A minute of the walk: what the clock shows in it, and which minutes' turn has come for the first time."""

    moment: datetime
    wall: datetime
    newly_reached: list[datetime]


def walk(zone: ZoneInfo, start: datetime, end: datetime) -> list[Minute]:
    """Every minute later than start, up to end."""
    walked: list[Minute] = []
    reached, moment = start.astimezone(zone).replace(tzinfo=None, fold=0), start
    while (moment := moment + MINUTE) <= end:
        wall = moment.astimezone(zone).replace(tzinfo=None, fold=0)
        # More than one where the clock has left some out, none where it shows a minute again.
        newly_reached = [reached + MINUTE * n for n in range(1, (wall - reached) // MINUTE + 1)]
        walked.append(Minute(moment, wall, newly_reached))
        reached = max(reached, wall)
    return walked


def oracle(expression: str, walked: list[Minute]) -> list[datetime]:
    """The ticks in the walked minutes, by the rule's words."""
    matches = matcher(expression)
    if any(text.startswith("*") for text in expression.split()[:2]):
        return [minute.moment for minute in walked if matches(minute.wall)]
    return [minute.moment for minute in walked if any(map(matches, minute.newly_reached))]


def days_with_a_change(zone: ZoneInfo) -> list[datetime]:
    """Noons in UTC after which the offset changes within a day."""
    noons = [datetime(2010, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(28 * 365)]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
    return [noon for noon, (before, after) in zip(noons, pairwise(offsets), strict=False) if before != after]


@pytest.mark.parametrize("zone_name", ZONES)
def test_every_tick_around_changes_of_the_clock_is_the_one_that_the_rule_names(zone_name: str) -> None:
    zone, chance = ZoneInfo(zone_name), random.Random(zone_name)
    changes = days_with_a_change(zone) or [datetime(2026, 3, 28, 12, tzinfo=UTC)]
    for noon in chance.sample(changes, min(3, len(changes))):
        # Hours before, so that no minute which is repeated was first shown before the walk began.
        start, end = noon - timedelta(hours=6), noon + timedelta(hours=30)
        walked = walk(zone, start, end)
        for expression in EXPRESSIONS:
            schedule = CronSchedule.parse(expression, zone_name)
            assert schedule.ticks_between(start, end, 10_000) == oracle(expression, walked), (expression, noon)


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

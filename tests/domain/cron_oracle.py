"""The rule for the nights when clocks change, as a walk over every minute, written from the rule's text.

`python -m tests.domain.cron_oracle` compares the schedule with it for every change that any clock of the tz database
makes from 2010 to 2037, which takes half an hour; `--seconds N` ends it earlier, `--seed N` says in which order.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from backstage.domain.cron import CronSchedule

MINUTE = timedelta(minutes=1)
YEARS = range(2010, 2038)
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
    start = datetime(YEARS[0], 1, 1, 12, tzinfo=UTC)
    days = (datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC) - start).days
    dates = [start + timedelta(days=day) for day in range(0, days + 10, 10)]  # no zone changes there and back so soon
    offsets = [_offset(zone, date) for date in dates]
    changes = []
    for date, (before, after) in zip(dates, pairwise(offsets), strict=False):
        if before != after:
            noons = [date + timedelta(days=day) for day in range(11)]
            changes += [noon for noon, later in pairwise(noons) if _offset(zone, noon) != _offset(zone, later)]
    return changes


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _minute_of_change(zone: ZoneInfo, noon: datetime) -> datetime:
    """The first minute after the change that follows within a day."""
    before, after = noon, noon + timedelta(days=1)
    while after - before > MINUTE:
        middle = before + ((after - before) // 2) // MINUTE * MINUTE
        if _offset(zone, middle) == _offset(zone, noon):
            before = middle
        else:
            after = middle
    return after


class Change(NamedTuple):
    zone_name: str
    noon: datetime

    def problems(self, expressions: Iterable[str]) -> Iterator[str]:
        """Where the schedule and the walk differ, around this change."""
        # Hours before, so that no minute which is repeated was first shown before the walk began.
        start, end = self.noon - timedelta(hours=6), self.noon + timedelta(hours=30)
        walked = walk(ZoneInfo(self.zone_name), start, end)
        for expression in expressions:
            found = CronSchedule.parse(expression, self.zone_name).ticks_between(start, end, 10_000)
            if found != oracle(expression, walked):
                yield f"{expression} in {self.zone_name} after {self.noon}"


@cache
def changes_by_zone() -> dict[str, list[datetime]]:
    return {name: days_with_a_change(ZoneInfo(name)) for name in sorted(available_timezones())}


def all_changes() -> list[Change]:
    """Each change of each zone, once where several zones change alike on that day."""
    changes: dict[object, Change] = {}
    for zone_name, noons in changes_by_zone().items():
        zone = ZoneInfo(zone_name)
        for noon in noons:
            moment = _minute_of_change(zone, noon)
            alike = (moment, _offset(zone, noon), _offset(zone, moment))
            changes.setdefault(alike, Change(zone_name, noon))
    return list(changes.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    changes, begun, problems = all_changes(), time.monotonic(), 0
    random.Random(options.seed).shuffle(changes)
    done = 0
    for change in changes:
        done += 1
        for problem in change.problems(EXPRESSIONS):
            problems += 1
            print(problem)
        if time.monotonic() - begun > options.seconds:
            break
    print(f"{done} of {len(changes)} changes x {len(EXPRESSIONS)} expressions: {problems} differ")
    return min(problems, 1)


if __name__ == "__main__":
    sys.exit(main())

"""A schedule: a cron expression in a time zone, or a fixed interval, and the moments at which it ticks."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from backstage.domain.cron_syntax import parse_fields, refusal
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import EARLIEST, check_moment
from backstage.domain.wall_clock import WallClock

MAX_EXPRESSION_LENGTH = 256
_PRINTABLE = re.compile(r"[!-~ \t]+", re.ASCII)
_INTERVAL = re.compile(r"every ([0-9]{1,8})([smh])", re.ASCII)
_DAYS = re.compile(r"every ([0-9]{1,4}) ?d(?:ays?)?", re.ASCII)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST_INTERVAL = timedelta(days=366)
# IANA names begin with a capital; localtime and posixrules, which differ between machines, do not.
_ZONE_NAME = re.compile(r"[A-Z][A-Za-z0-9_+\-/]{0,63}", re.ASCII)
# Whether an expression ever fires is asked from one fixed moment, so that every machine accepts the same ones.
_FIRST_ASKED = datetime(2024, 1, 1, tzinfo=UTC)


class _Rhythm(Protocol):
    def next_after(self, moment: datetime) -> datetime | None: ...

    def is_shown_at(self, tick: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class _FixedInterval:
    """Ticks at the multiples of `every` since 1970 in UTC, so that all schedulers agree without talking."""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            return EARLIEST + ((moment - EARLIEST) // self.every + 1) * self.every
        except OverflowError:
            return None

    def is_shown_at(self, tick: datetime) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """Build it with `parse`. Moments go in aware, in any zone, and come out in UTC."""

    expression: str
    time_zone: str
    _rhythm: _Rhythm = field(repr=False, compare=False)

    @classmethod
    def parse(cls, expression: str, time_zone: str = "UTC") -> CronSchedule:
        """Read five cron fields, `@yearly @monthly @weekly @daily @hourly`, or `every 30s`, `every 5m`, `every 2h`.

        Fields take numbers, names, `*`, lists, ranges and steps, `L` (last day of the month), `FRI#2` (second
        Friday) and `FRIL` or `5L` (last Friday). Raises InvalidTaskDataError for what is malformed, never fires, or
        means different times to different crons.
        """
        expression = _tidy(expression)
        return cls(expression, time_zone, _rhythm(expression, _zone(time_zone)))

    def next_after(self, moment: datetime) -> datetime:
        """The first tick strictly later than `moment`.

        Raises InvalidTaskDataError when `moment` is naive, or when no tick follows within 40 years or before
        the year 9999.
        """
        moment = check_moment("moment", moment)
        tick = self._rhythm.next_after(moment)
        if tick is None:
            raise refusal(self.expression, f"does not fire again after {moment:%Y-%m-%d %H:%M} UTC")
        return tick

    def is_shown_at(self, tick: datetime) -> bool:
        """Whether clocks show, at this tick, a time that the expression names; else it was moved to a gap's end."""
        return self._rhythm.is_shown_at(tick)

    def ticks_between(self, after: datetime, until: datetime, limit: int) -> list[datetime]:
        """The ticks later than `after` and not later than `until`, oldest first, at most `limit` of them."""
        ticks: list[datetime] = []
        while len(ticks) < limit and (after := self.next_after(after)) <= until:
            ticks.append(after)
        return ticks

    def last_between(self, after: datetime, until: datetime) -> datetime | None:
        """The latest tick later than `after` and not later than `until`, found by halving, None without one."""
        latest = self.next_after(after)
        if latest > until:
            return None
        ceiling = until
        while (following := self.next_after(latest)) <= until:
            middle = following + (ceiling - following) / 2
            tick = self.next_after(middle)
            latest, ceiling = (tick, ceiling) if tick <= until else (following, middle)
        return latest


@lru_cache(maxsize=4096)  # a scheduler reads every schedule of the store each time it wakes up
def _rhythm(expression: str, zone: ZoneInfo) -> _Rhythm:
    rhythm: _Rhythm = (
        _interval(expression) if expression.lower().startswith("every") else WallClock(parse_fields(expression), zone)
    )
    if rhythm.next_after(_FIRST_ASKED) is None:
        raise refusal(expression, "never fires: no clock in that zone shows such a time")
    return rhythm


def _tidy(expression: object) -> str:
    if not isinstance(expression, str):
        raise InvalidTaskDataError.of("schedule", f"is of type {type(expression).__name__}, not a cron expression")
    if len(expression) > MAX_EXPRESSION_LENGTH:
        raise refusal(expression, f"is {len(expression)} characters long, the limit is {MAX_EXPRESSION_LENGTH}")
    if not _PRINTABLE.fullmatch(expression) or not expression.strip():
        raise refusal(expression, "is empty or has characters other than printable ASCII")
    return " ".join(expression.split())


def _zone(time_zone: object) -> ZoneInfo:
    problem = "is not a time zone: use an IANA name like Europe/Berlin, or UTC"
    if not isinstance(time_zone, str) or not _ZONE_NAME.fullmatch(time_zone):
        raise refusal(str(time_zone), problem, field="time_zone")
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise refusal(time_zone, problem, field="time_zone") from error


def _interval(expression: str) -> _FixedInterval:
    match = _INTERVAL.fullmatch(expression.lower())
    if days := _DAYS.fullmatch(expression.lower()):
        hours = int(days[1]) * 24
        problem = f"counts in days, whose length differs when clocks change: write every {hours}h, or a cron expression"
        raise refusal(expression, problem)
    if match is None:
        raise refusal(expression, "is not an interval: write a whole number of s, m or h after every, as in every 30s")
    every = int(match[1]) * _UNITS[match[2]]
    if not _UNITS["s"] <= every <= _LONGEST_INTERVAL:
        raise refusal(expression, "is not an interval from 1s to 8784h")
    return _FixedInterval(every)

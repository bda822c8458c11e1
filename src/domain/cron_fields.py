"""The five fields of a cron expression as sets, and the walk over the wall-clock minutes they name."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime

from backstage.domain.deferred_dataclass import dataclass

# The longest gap between two dates that a calendar can have: 29 February on one weekday, across the year 2100.
HORIZON_YEARS = 40
LAST_OF_MONTH = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CronFields:
    """Which minutes of a calendar match. Weekdays count from 0, Sunday; tuples ascend.

    `nth_weekdays` holds pairs of a weekday and its number in the month, LAST_OF_MONTH for the last one. As in
    cron(8) a day needs both the day of the month and the weekday when one of them began with `*`
    (`needs_both_days`), else either. `is_elapsed` says that minute or hour began with `*`, which decides what
    happens when clocks change.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    has_last_day: bool
    months: tuple[int, ...]
    weekdays: frozenset[int]
    nth_weekdays: frozenset[tuple[int, int]]
    needs_both_days: bool
    is_elapsed: bool

    def after(self, wall: datetime) -> Iterator[datetime]:
        """Yield the matching naive minutes later than `wall`, in order, up to HORIZON_YEARS on."""
        first = wall.date()
        for day in self._days(first):
            for hour in self.hours:
                if day == first and hour < wall.hour:
                    continue
                for minute in self.minutes:
                    match = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a wall clock has no zone
                    if match > wall:
                        yield match

    def _days(self, first: date) -> Iterator[date]:
        # The year 9999 is left out: its last days have no UTC equivalent in every zone.
        for year in range(first.year, min(first.year + HORIZON_YEARS, MAXYEAR - 1) + 1):
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                length = monthrange(year, month)[1]
                start = first.day if (year, month) == (first.year, first.month) else 1
                for number in range(start, length + 1):
                    day = date(year, month, number)
                    if self._has_day(day, length):
                        yield day

    def _has_day(self, day: date, month_length: int) -> bool:
        in_month = day.day in self.days or (self.has_last_day and day.day == month_length)
        if in_month and not self.needs_both_days:
            return True
        if self.needs_both_days and not in_month:
            return False
        weekday = day.isoweekday() % 7
        return (
            weekday in self.weekdays
            or (weekday, (day.day + 6) // 7) in self.nth_weekdays
            or (day.day + 7 > month_length and (weekday, LAST_OF_MONTH) in self.nth_weekdays)
        )

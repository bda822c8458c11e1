"""What a schedule's expression means, in words: "Every day at 02:30"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from backstage.domain.cron_fields import LAST_OF_MONTH, CronFields
from backstage.domain.cron_syntax import parse_fields

_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NUMBERS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST_OF_MONTH: "last"}
_UNITS = {"s": "second", "m": "minute", "h": "hour"}
_MOST_TIMES = 4


def in_words(expression: str) -> str:
    """Of an expression that CronSchedule has accepted; it says nothing of the time zone."""
    if expression.lower().startswith("every"):
        return _interval(expression.lower())
    fields = parse_fields(expression)
    days, times = _days(fields), _times(fields)
    if times.startswith("at "):
        words = f"{days or 'every day'} {times}"
    else:
        words = ", ".join(part for part in (times, days) if part)
    return words[0].upper() + words[1:]


def _interval(expression: str) -> str:
    text = expression.removeprefix("every").strip()
    return f"Every {_many(int(text[:-1]), _UNITS[text[-1]])}"


def _times(fields: CronFields) -> str:
    minutes, hours = fields.minutes, fields.hours
    if len(minutes) * len(hours) <= _MOST_TIMES:
        return f"at {_listed([f'{hour:02}:{minute:02}' for hour in hours for minute in minutes])}"
    return f"{_minutes(minutes, _step(hours, 24))}{_hours(hours, minutes)}"


def _minutes(minutes: Sequence[int], hours_apart: int | None) -> str:
    if len(minutes) > 1 and (step := _step(minutes, 60)) and minutes[0] == 0:
        return f"every {_many(step, 'minute')}"
    hour = f"every {_many(hours_apart, 'hour')}" if hours_apart and hours_apart > 1 else "every hour"
    if minutes == (0,):
        return hour
    return f"{hour} at {_listed([str(minute) for minute in minutes])} {'minute' if minutes == (1,) else 'minutes'} past"


def _hours(hours: Sequence[int], minutes: Sequence[int]) -> str:
    if len(hours) == 24 or (_step(hours, 24) and hours[0] == 0):
        return ""
    if hours[-1] - hours[0] == len(hours) - 1:
        end = f"{hours[-1]:02}:{minutes[0]:02}" if len(minutes) == 1 else f"{(hours[-1] + 1) % 24:02}:00"
        return f" from {hours[0]:02}:{minutes[0]:02} to {end}"
    return f" in the hours {_listed([f'{hour:02}' for hour in hours])}"


def _days(fields: CronFields) -> str:
    """Empty for every day."""
    every_day = len(fields.days) == 31
    every_weekday = len(fields.weekdays) == 7
    in_month = "" if every_day else _month_days(fields)
    in_week = "" if every_weekday else _week_days(fields)
    joint = " that are also " if fields.needs_both_days else " and "
    days = joint.join(part for part in (in_month, in_week) if part)
    if len(fields.months) == 12:
        return days
    months = f"in {_listed([_MONTHS[month - 1] for month in fields.months])}"
    return f"{days or 'every day'} {months}"


def _month_days(fields: CronFields) -> str:
    days = ["first day" if day == 1 else f"{_ordinal(day)}" for day in sorted(fields.days)]
    days += ["last day"] if fields.has_last_day else []
    return f"on the {_listed(days)} of the month" if days else ""


def _week_days(fields: CronFields) -> str:
    days = sorted(fields.weekdays, key=lambda day: (day - 1) % 7)
    named = [f"the {_NUMBERS[number]} {_WEEKDAYS[day]} of the month" for day, number in sorted(fields.nth_weekdays)]
    places = [(day - 1) % 7 for day in days]
    if len(days) > 2 and places[-1] - places[0] == len(days) - 1:
        return f"{_WEEKDAYS[days[0]]} to {_WEEKDAYS[days[-1]]}"
    if not named and len(days) == 1:
        return f"every {_WEEKDAYS[days[0]]}"
    return f"on {_listed([_WEEKDAYS[day] for day in days] + named)}"


def _step(values: Sequence[int], whole: int) -> int | None:
    """How far apart the values lie, where they lie evenly all the way round."""
    if len(values) < 2:
        return None
    step = values[1] - values[0]
    is_even = whole % step == 0 and len(values) == whole // step
    return step if is_even and all(b - a == step for a, b in pairwise(values)) else None


def _many(number: int, unit: str) -> str:
    return unit if number == 1 else f"{number} {unit}s"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

"""From the text of a cron expression to its fields; what crons read in different ways is refused here."""

from __future__ import annotations

import re

from backstage.domain.cron_fields import LAST_OF_MONTH, CronFields
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MAX_ITEMS = 60
_ITEM = re.compile(r"(\*|[0-9]{1,9}|[a-z]{3})(?:-([0-9]{1,9}|[a-z]{3}))?(?:/([0-9]{1,9}))?", re.ASCII)
_NTH_WEEKDAY = re.compile(r"(?:[0-7]|sun|mon|tue|wed|thu|fri|sat)#[1-5]", re.ASCII)
_LAST_WEEKDAY = re.compile(r"([0-7]|sun|mon|tue|wed|thu|fri|sat)l", re.ASCII)
_UP_TO_SUNDAY = re.compile(r"((?!sun)[a-z]{3}|[1-6])-sun(/[0-9]{1,9})?", re.ASCII)
_ZONE = re.compile(r"(cron_)?tz=.*|utc|gmt|[a-z_]+/[a-z_/+-]+", re.ASCII)
_RANDOM = re.compile(r"[hr](\(.*\))?(/.*)?")


@dataclass(frozen=True, slots=True)
class _Field:
    """One position of an expression: `least` to `most`, of which `count` differ; `names` stand for the first ones."""

    name: str
    least: int
    most: int
    count: int
    names: tuple[str, ...] = ()

    def problem(self, text: str) -> str | None:
        """What is wrong with this field's text, as the end of a sentence; None when it is sound."""
        items = text.split(",")
        if len(items) > _MAX_ITEMS:
            return f"lists {len(items)} {self.name}s: list at most {_MAX_ITEMS}, or use a range"
        special = [item for item in items if self._is_special(item)]
        if special and self.name == "day-of-week" and len(special) < len(items):
            return f"mixes plain weekdays with {special[0]!r}: use two schedules"
        if text == "?" and self.name.startswith("day-of-"):
            return None
        return next((problem for item in items if item not in special and (problem := self._item_problem(item))), None)

    def _is_special(self, item: str) -> bool:
        if self.name == "day-of-month":
            return item == "l"
        return self.name == "day-of-week" and bool(_NTH_WEEKDAY.fullmatch(item) or _LAST_WEEKDAY.fullmatch(item))

    def _item_problem(self, item: str) -> str | None:
        if _RANDOM.fullmatch(item):
            return f"has {item!r}, a time drawn at random by some crons: write the {self.name} itself"
        match = _ITEM.fullmatch(item)
        if match is None:
            return f"has {item!r} in the {self.name} field, which is not a number, name, range or step"
        low, high, step = match.groups()
        for value in (low, high):
            if value not in (None, "*") and self._number(value) is None:
                return f"has {value!r} in the {self.name} field, which holds {self._holds()}"
        return self._range_problem(item, low, high) or self._step_problem(item, low, high, step)

    def _range_problem(self, item: str, low: str, high: str | None) -> str | None:
        if high is None:
            return None
        if low == "*":
            return f"has {item!r} in the {self.name} field: write * or a range"
        first, last = self._number(low), self._number(high)
        assert first is not None and last is not None
        if first == last:
            return f"has the range {item!r}, one value to some crons and all of them to others: write {low} or *"
        if first > last:
            remedy = f"write {low}-7" if self.name == "day-of-week" and last == 0 else "write two ranges or a list"
            return f"has the range {item!r}, which runs backwards: {remedy}"
        return None

    def _step_problem(self, item: str, low: str, high: str | None, step: str | None) -> str | None:
        if step is None:
            return None
        if not 1 <= int(step) <= self.count:
            return f"has the step {item!r}, where a {self.name} allows 1 to {self.count}"
        if low == "*" or high is not None:
            return None
        if self._number(low) == self.most:
            return f"has {item!r}, one {self.name} to some crons and all of them to others: write {low} or */{step}"
        if self.name == "day-of-week":
            return f"has {item!r}, whose end, Saturday or Sunday, depends on the cron: write a range, as in 1-5/{step}"
        return None

    def _number(self, value: str) -> int | None:
        number = int(value) if value.isdigit() else self.names.index(value) + self.least if value in self.names else -1
        return number if self.least <= number <= self.most else None

    def _holds(self) -> str:
        names = f" or {self.names[0].upper()} to {self.names[-1].upper()}" if self.names else ""
        return f"{self.least} to {self.most}{names}"


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("minute", 0, 59, 60),
    _Field("hour", 0, 23, 24),
    _Field("day-of-month", 1, 31, 31),
    _Field("month", 1, 12, 12, _MONTHS),
    _Field("day-of-week", 0, 7, 7, _WEEKDAYS),
)


def parse_fields(expression: str) -> CronFields:
    """Return the fields of a five-field expression or an `@alias`, or raise InvalidTaskDataError."""
    texts = _texts(expression.lower())
    if len(texts) != len(_FIELDS):
        number = "1 field" if len(texts) == 1 else f"{len(texts)} fields"
        fields = f"has {number} instead of 5: minute hour day-of-month month day-of-week"
        raise refusal(expression, _misplaced_zone(texts) or fields + _without_seconds(texts))
    texts[4] = ",".join(_UP_TO_SUNDAY.sub(r"\1-7\2", item) for item in texts[4].split(","))
    for field, text in zip(_FIELDS, texts, strict=True):
        if problem := field.problem(text):
            raise refusal(expression, problem)
    # croniter writes the last Friday as L5; everybody else, and we, as 5L.
    texts[4] = ",".join(f"l{_weekday(item[:-1])}" if item.endswith("l") else item for item in texts[4].split(","))
    from croniter import CroniterError, croniter  # noqa: PLC0415 - most processes have no cron expression

    try:
        expanded, nth_weekdays = croniter.expand(" ".join(texts))
    except CroniterError as error:
        raise refusal(expression, f"is not a cron expression: {error}") from error
    minutes, hours, days, months, weekdays = (
        tuple(range(field.least, field.least + field.count))
        if "*" in values
        else tuple(value for value in values if isinstance(value, int))
        for field, values in zip(_FIELDS, expanded, strict=True)
    )
    return CronFields(
        minutes=minutes,
        hours=hours,
        days=frozenset(days),
        has_last_day="l" in expanded[2],
        months=months,
        weekdays=frozenset() if nth_weekdays else frozenset(weekdays),
        nth_weekdays=frozenset(
            (int(weekday), number if isinstance(number, int) else LAST_OF_MONTH)
            for weekday, numbers in nth_weekdays.items()
            for number in numbers
        ),
        needs_both_days=texts[2][0] in "*?" or texts[4][0] in "*?",
        is_elapsed=texts[0].startswith("*") or texts[1].startswith("*"),
    )


def refusal(expression: str, problem: str, *, field: str = "schedule") -> InvalidTaskDataError:
    """The error for an expression: a sentence that begins with the text and goes on with the problem."""
    shown = ascii(expression)
    return InvalidTaskDataError.of(field, f"{shown if len(shown) <= 60 else shown[:57] + '...'} {problem}")


def _weekday(text: str) -> str:
    return str(_WEEKDAYS.index(text)) if text in _WEEKDAYS else text


def _misplaced_zone(texts: list[str]) -> str | None:
    """What is wrong where the expression itself names a time zone, as some crons allow."""
    if _ZONE.fullmatch(texts[0]) or _ZONE.fullmatch(texts[-1]):
        return "names a time zone: give it beside the expression, as time_zone=…, or --tz on the command line"
    return None


def _without_seconds(texts: list[str]) -> str:
    """What to do about a field of seconds, which some crons have in front."""
    if len(texts) <= len(_FIELDS):
        return ""
    if len(texts) == len(_FIELDS) + 1 and texts[0] in ("0", "00"):
        return f"; leave out the seconds: {' '.join(texts[1:])}"
    return "; for seconds write, for instance, every 30s"


def _texts(expression: str) -> list[str]:
    if not expression.startswith("@"):
        return expression.split(" ")
    if expression in ALIASES:
        return ALIASES[expression].split(" ")
    if expression.startswith("@every"):
        raise refusal(expression, "is not known here: write, for instance, every 5m")
    if expression == "@reboot":
        raise refusal(expression, "names no time: enqueue the task when your program starts")
    raise refusal(expression, f"is not known: use one of {' '.join(ALIASES)}")

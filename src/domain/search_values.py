"""What the values of a query mean: globs, comparisons, moments, and what a payload holds at a path."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from typing import Any

from backstage.domain.errors import InvalidQueryError

_COMPARISON = re.compile(r"(>=|<=|>|<|=)?(-?\d+(?:\.\d+)?)", re.ASCII)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}
_AGE = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+", re.ASCII)
_PART_OF_AGE = re.compile(r"([\d.]+)([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

IsMatch = Callable[[str], bool]


def glob(pattern: str) -> IsMatch:
    """Whether a text is the pattern, in which `*` stands for any letters and `?` for one."""
    if not is_glob(pattern):
        return pattern.__eq__
    match = re.compile(translate(pattern.replace("[", "[[]"))).match
    return lambda text: match(text) is not None


def is_glob(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def comparison(field: str, value: str) -> Callable[[float], bool]:
    """`>2`, `<=10`, `=3` or `3`. Raises InvalidQueryError."""
    found = _COMPARISON.fullmatch(value)
    if found is None:
        raise InvalidQueryError(field, f"{value!r} is no number to compare with", f"{field}:>2")
    compare, number = _COMPARE[found[1] or "="], float(found[2])
    return lambda each: compare(each, number)


def least_of(value: str) -> int:
    """No whole number below it passes the comparison; 0 where that is not known."""
    found = _COMPARISON.fullmatch(value)
    return 0 if found is None or found[1] in ("<", "<=") else max(0, int(float(found[2])))


def has_comparison(value: str) -> bool:
    return value[0] in "<>" and _COMPARISON.fullmatch(value) is not None


def moment(field: str, value: str, now: datetime) -> datetime:
    """`2h` or `1d12h` ago, or an ISO 8601 date or moment, in UTC unless it says another zone."""
    try:
        if _AGE.fullmatch(value):
            seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART_OF_AGE.findall(value))
            return now - timedelta(seconds=seconds)
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        problem = f"{value!r} is neither an age, such as 2h, nor a date, such as 2026-11-29 or 2026-11-29T08:30"
        raise InvalidQueryError(field, problem) from None


def scalars_at(value: Any, path: list[str]) -> Iterator[str | float]:
    """The texts and numbers that stand at the path. An array is passed through: each item counts, or that of a number
    in the path."""
    if isinstance(value, list):
        if path and path[0].isdigit():
            yield from scalars_at(value[int(path[0])], path[1:]) if int(path[0]) < len(value) else ()
        for item in value:
            yield from scalars_at(item, path)
    elif isinstance(value, dict):
        if path and path[0] in value:
            yield from scalars_at(value[path[0]], path[1:])
    elif not path:
        yield value if isinstance(value, (int, float)) and not isinstance(value, bool) else _word(value)


def _word(value: Any) -> str:
    return {True: "true", False: "false", None: "null"}.get(value) or value if not isinstance(value, str) else value

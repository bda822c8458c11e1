"""Moments and durations as the pages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from backstage.pages.figures import SPACE, UNKNOWN

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_RELATIVE_WITHIN = timedelta(hours=48)


def duration(seconds: float | None) -> str:
    """Two units at most: `220 ms`, `1.42 s`, `3 min 8 s`, `12 d 4 h`."""
    if seconds is None:
        return UNKNOWN
    seconds = max(0.0, seconds)
    if seconds < 0.0995:
        return f"{_trimmed(seconds * 1000, 1)}{SPACE}ms"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}{SPACE}ms"
    if seconds < _MINUTE - 0.05:
        return f"{_trimmed(seconds, 2 if seconds < 9.995 else 1)}{SPACE}s"
    return _in_two_units(round(seconds))


def wait(seconds: float | None) -> str:
    """A duration of which fractions of a second say nothing: `4 s`, `2 min 14 s`."""
    return UNKNOWN if seconds is None else _in_two_units(max(0, round(seconds)))


def age(seconds: float | None) -> str:
    """One unit: `4 s`, `10 min`, `3 d`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if whole >= length:
            return f"{whole // length}{SPACE}{unit}"
    return f"{whole}{SPACE}s"


def relative(moment: datetime, now: datetime) -> str:
    """`10 min ago`, `in 2 h`; the day where that is more than two days away."""
    apart = now - moment
    if abs(apart) > _RELATIVE_WITHIN:
        return day(moment, now)
    seconds = apart.total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{age(seconds)} ago" if seconds > 0 else f"in {age(-seconds)}"


def day(moment: datetime, now: datetime) -> str:
    """`24 Nov`, with the year where it is another."""
    text = f"{moment.day}{SPACE}{moment:%b}"
    return text if moment.year == now.year else f"{text} {moment.year}"


def weekday(moment: datetime) -> str:
    """`Sat 28 Nov`."""
    return f"{moment:%a} {moment.day}{SPACE}{moment:%b}"


def exactly(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def time_element(moment: datetime, text: str, form: str) -> Markup:
    """`form` tells the browser how to go on: "ago", "age", "since", "in" and "clock" are read by times.js."""
    return Markup('<time datetime="{}" title="{}" data-form="{}">{}</time>').format(
        moment.astimezone(UTC).isoformat(timespec="milliseconds"), exactly(moment), form, text
    )


def _in_two_units(seconds: int) -> str:
    if seconds < _MINUTE:
        return f"{seconds}{SPACE}s"
    for larger, smaller, length, step in (
        ("d", "h", _DAY, _HOUR),
        ("h", "min", _HOUR, _MINUTE),
        ("min", "s", _MINUTE, 1),
    ):
        if seconds >= length:
            rest = seconds % length // step
            return f"{seconds // length}{SPACE}{larger}" + (f"{SPACE}{rest}{SPACE}{smaller}" if rest else "")
    raise AssertionError("a minute or more has a unit")


def _trimmed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

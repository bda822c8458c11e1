"""Values that JSON does not have, in the text that pydantic reads back as the same value."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID


class NoJsonForm(ValueError):
    """There is no form that could be read back; the message says why, and what to do."""


def json_form(value: Any) -> Any:
    """Return a str, number, bool or None that stands for `value`. Raises NoJsonForm.

    | Python | JSON |
    |---|---|
    | `datetime` with its zone | ISO 8601 text with the offset |
    | `date`, `time` | ISO 8601 text |
    | `timedelta` | ISO 8601 duration |
    | `UUID`, `Decimal`, a path | its text |
    | a member of an Enum | its value, if that is a text, a number, a bool or None |
    """
    match value:
        case Enum():
            return _enum(value)
        case datetime():
            return _moment(value)
        case date():
            return date.isoformat(value)
        case time():
            return _time(value)
        case timedelta():
            return _duration(value)
        case Decimal():
            return _decimal(value)
        case UUID() | PurePath():
            return str(value)
        case _:
            raise NoJsonForm(
                f"is of type {type(value).__name__}, which JSON does not have: "
                "convert it to a string, number, list or object"
            )


def _enum(member: Enum) -> Any:
    value = member.value
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise NoJsonForm(
        f"is a member of {type(member).__name__} whose value is of type {type(value).__name__}: "
        "pass the name of the member"
    )


def _moment(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        raise NoJsonForm("is a datetime without a zone: give it one, as in datetime.now(timezone.utc)")
    if offset % timedelta(minutes=1):  # offsets of long ago had seconds, which ISO 8601 does not know
        value = value.astimezone(UTC)
    return datetime.isoformat(value)


def _time(value: time) -> str:
    zone: tzinfo | None = value.tzinfo
    offset = value.utcoffset()
    if zone is not None and (offset is None or offset % timedelta(minutes=1)):
        raise NoJsonForm(
            "is a time in a zone whose offset depends on the day: pass a datetime, or the zone's name apart"
        )
    return time.isoformat(value)


def _duration(value: timedelta) -> str:
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    seconds, rest = divmod(abs(micros), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    return f"{'-' if micros < 0 else ''}P{f'{days}D' if days else ''}T{seconds}{f'.{rest:06d}' if rest else ''}S"


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise NoJsonForm(f"is {value}, which JSON does not have: use null or a string")
    return str(value)

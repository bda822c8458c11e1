"""Sentences of the domain as the pages show them: moments become times that a browser tells in its own zone, commands
stand out, and durations are written as everywhere on the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from backstage.pages.figures import SPACE
from backstage.pages.moments import clock, day, time_element

_PARTS = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)"
    r"|\b(?P<command>backstage(?: [^\s,]*[^\s,.])+?)(?=,|\.(?:\s|$)|\s(?:or|and)\s|$)"
    r"|\b(?P<before>for|in|after|than) (?P<duration>\d+[dhms](?: \d+[hms])?)\b"
)
_UNITS = {"m": "min"}


def capital(text: str) -> str:
    """With a large first letter; the others stay as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def as_sentence(text: str) -> str:
    text = text.strip()
    return capital(text) + ("" if text.endswith((".", "?", "!")) else ".")


def with_times(sentence: str, now: datetime) -> Markup:
    told = Markup()
    end = 0
    for match in _PARTS.finditer(sentence):
        told += escape(sentence[end : match.start()]) + _part(match, now)
        end = match.end()
    return told + escape(sentence[end:])


def _part(match: re.Match[str], now: datetime) -> Markup:
    if match["moment"]:
        return _time(datetime.fromisoformat(match["moment"]).replace(tzinfo=UTC), now)
    if match["command"]:
        return Markup("<code>{}</code>").format(match["command"])
    units = [f"{part[:-1]}{SPACE}{_UNITS.get(part[-1], part[-1])}" for part in match["duration"].split()]
    return escape(f"{match['before']} {SPACE.join(units)}")


def _time(moment: datetime, now: datetime) -> Markup:
    """Of today by the clock, else with its day."""
    if moment.date() == now.date():
        return time_element(moment, clock(moment), "clock")
    return time_element(moment, f"{day(moment, now)}, {moment:%H:%M}", "moment")

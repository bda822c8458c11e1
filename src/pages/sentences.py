"""Sentences of the domain as the pages show them: moments become times that a browser tells in its own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from backstage.pages.moments import clock, day, time_element

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")


def capital(text: str) -> str:
    """With a large first letter; the others stay as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def as_sentence(text: str) -> str:
    text = text.strip()
    return capital(text) + ("" if text.endswith((".", "?", "!")) else ".")


def with_times(sentence: str, now: datetime) -> Markup:
    told = Markup()
    end = 0
    for match in _MOMENT.finditer(sentence):
        moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
        told += escape(sentence[end : match.start()]) + _time(moment, now)
        end = match.end()
    return told + escape(sentence[end:])


def _time(moment: datetime, now: datetime) -> Markup:
    """Of today by the clock, else with its day."""
    if moment.date() == now.date():
        return time_element(moment, clock(moment), "clock")
    return time_element(moment, f"{day(moment, now)}, {moment:%H:%M}", "moment")

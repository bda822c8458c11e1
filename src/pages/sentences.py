"""Sentences of the domain as the pages show them: moments in them become times that a browser tells in its own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from backstage.pages.moments import clock, day, time_element

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")


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

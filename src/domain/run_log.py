from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from backstage.domain.deferred_dataclass import dataclass

MOST_LINES = 200
MOST_LINE_BYTES = 64 * 1024
"""Of all lines of a run, as JSON: the last ones are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line that a handler has logged. `event` is its text, `fields` what it was logged with."""

    at: datetime
    level: str
    event: str
    fields: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class RunLog:
    """The lines of one run of a task; `lines_json` is an array of [moment, level, event, fields]."""

    task_id: str
    fence: int
    attempt: int
    lines_json: str


NotedLine = tuple[datetime, str, str, Mapping[str, Any]]
"""Moment, level, text, fields."""


def lines_json(lines: Sequence[NotedLine]) -> str:
    """The last lines, as many as may be kept, as JSON."""
    kept: list[str] = []
    left = MOST_LINE_BYTES - 2
    for at, level, event, fields in reversed(lines[-MOST_LINES:]):
        text = json.dumps([at.isoformat(), level, event, fields], separators=(",", ":"))
        left -= len(text) + 1
        if left < 0:
            break
        kept.append(text)
    return f"[{','.join(reversed(kept))}]"

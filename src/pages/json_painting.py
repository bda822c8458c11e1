"""JSON as people read it: indented, coloured, and with every digit as it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

SHOWN_LINES = 40
MOST_LINES = 2000


class _Digits(str):
    """A number as it is written, so that large ones lose nothing."""


@dataclass(frozen=True, slots=True)
class PaintedJson:
    """`first` is shown at once and `rest` on request; `left_out` lines are shown nowhere."""

    first: Markup
    rest: Markup | None
    left_out: int
    bytes: int


def painted_json(text: str) -> PaintedJson:
    lines = list(_lines(text))
    shown = lines if len(lines) <= SHOWN_LINES + 5 else lines[:SHOWN_LINES]
    rest = lines[len(shown) : MOST_LINES]
    return PaintedJson(
        first=Markup("\n").join(shown),
        rest=Markup("\n").join(rest) if rest else None,
        left_out=max(0, len(lines) - MOST_LINES),
        bytes=len(text.encode("utf-8", "replace")),
    )


def first_values(text: str, most: int = 120) -> str:
    """The first plain values of a payload in one line: what tells tasks of one type apart."""
    if len(text) > 16_384:
        return ""
    try:
        value = json.loads(text, parse_int=_Digits, parse_float=_Digits)
    except (ValueError, RecursionError):
        return ""
    line = ", ".join(_plain_values(value, 4)).replace("\n", " ")
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _plain_values(value: Any, most: int) -> list[str]:
    if value in (None, [], {}):
        return []
    if not isinstance(value, dict | list):
        return [value if isinstance(value, str) else json.dumps(value)]
    found: list[str] = []
    for item in value.values() if isinstance(value, dict) else value:
        if len(found) < most and item not in (None, ""):
            found += _plain_values(item, most - len(found))
    return found


def _lines(text: str) -> Iterator[Markup]:
    try:
        value = json.loads(text, parse_int=_Digits, parse_float=_Digits)
    except (ValueError, RecursionError):
        yield from (escape(line) for line in text.splitlines() or [""])
        return
    yield from _painted(value, "", Markup(), Markup())


def _painted(value: Any, indent: str, before: Markup, after: Markup) -> Iterator[Markup]:
    start = escape(indent) + before
    if isinstance(value, dict | list) and value:
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        yield start + opening
        parts = list(value.items()) if isinstance(value, dict) else [(None, item) for item in value]
        for place, (key, item) in enumerate(parts):
            comma = Markup(",") if place < len(parts) - 1 else Markup()
            name = Markup() if key is None else Markup('<span class="jk">{}</span>: ').format(_quoted(key))
            yield from _painted(item, indent + "  ", name, comma)
        yield escape(indent) + closing + after
    else:
        yield start + _scalar(value) + after


def _scalar(value: Any) -> Markup:
    if isinstance(value, dict | list):
        return escape("{}" if isinstance(value, dict) else "[]")
    if isinstance(value, _Digits):
        return Markup('<span class="jn">{}</span>').format(str.__str__(value))
    if isinstance(value, str):
        return Markup('<span class="js">{}</span>').format(_quoted(value))
    return Markup('<span class="jn">{}</span>').format(json.dumps(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

"""Answers on standard output."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from backstage.infra.printable import printable


def print_json(document: Any) -> None:
    """ASCII only, so that no text in it can drive a terminal."""
    print(json.dumps(document, indent=2).replace("\x7f", "\\u007f"))


def print_text(text: str) -> None:
    """Print a text that may have several lines, with what could drive a terminal escaped."""
    for line in text.split("\n"):
        print(printable(line))


def iso(at: datetime) -> str:
    """The moment, which is in UTC, as JSON answers have it."""
    return at.isoformat().replace("+00:00", "Z")


def moment(at: datetime) -> str:
    """To the second, for people; JSON has them whole."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: float) -> str:
    """The two largest units: `3d 4h`, `5m 2s`, `12s`."""
    whole = max(0, int(seconds))
    units = (("d", whole // 86_400), ("h", whole // 3600 % 24), ("m", whole // 60 % 60), ("s", whole % 60))
    first = next((index for index, (_, number) in enumerate(units) if number), 3)
    return " ".join(f"{number}{unit}" for unit, number in units[first : first + 2] if number) or "0s"

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

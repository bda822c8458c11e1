"""JSON that only SQLite reads: the many values of one statement, as one text."""

from __future__ import annotations

from typing import Any

from msgspec.json import Encoder

_encode = Encoder().encode


def json_text(values: Any) -> str:
    """Return an array or an object of numbers and texts; written faster than by the standard library."""
    return _encode(values).decode()

from __future__ import annotations

_MOST_DIGITS = 15


def asked_number(text: str) -> int | None:
    """A number that a browser sends, such as a place or the last event that it has seen; None for what is none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None

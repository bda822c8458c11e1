"""Moments and durations in words for people."""

from __future__ import annotations

from datetime import datetime


def moment(at: datetime) -> str:
    """To the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: float) -> str:
    """The two largest units: `3d 4h`, `5m 2s`, `12s`."""
    whole = max(0, int(seconds))
    units = (("d", whole // 86_400), ("h", whole // 3600 % 24), ("m", whole // 60 % 60), ("s", whole % 60))
    first = next((index for index, (_, number) in enumerate(units) if number), 3)
    return " ".join(f"{number}{unit}" for unit, number in units[first : first + 2] if number) or "0s"

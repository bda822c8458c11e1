"""Moments as stores keep them: whole microseconds since 1970 in UTC, converted exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=256)  # the tasks of one claim share most of theirs
def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def ticks(seconds: float) -> int:
    """Seconds in whole microseconds."""
    return round(seconds * 1_000_000)

"""What is not due yet, from the numbers that every store counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.later import Later
from backstage.infra.moments import from_micros


def later_of(row: Sequence[Any], at_most: int) -> Later:
    """`row` is how many there are, how many of them wait for another attempt, and the first moment of the others and of
    those in microseconds, None where there is none."""
    number, again, next_scheduled, next_retry = row
    return Later(
        scheduled=number - again,
        retrying=again,
        next_scheduled=None if next_scheduled is None else from_micros(next_scheduled),
        next_retry=None if next_retry is None else from_micros(next_retry),
        is_whole=number < at_most,
    )

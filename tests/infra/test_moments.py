from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.domain.limits import EARLIEST, LATEST
from backstage.infra.moments import from_micros, ticks, to_micros


@pytest.mark.parametrize("moment", [EARLIEST, LATEST, datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)])
def test_a_moment_comes_back_exactly(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


@given(st.integers(0, (LATEST - EARLIEST) // timedelta(microseconds=1)))
def test_every_moment_comes_back_exactly(micros: int) -> None:
    moment = EARLIEST + timedelta(microseconds=micros)
    assert from_micros(to_micros(moment)) == moment


def test_moments_are_counted_in_microseconds_since_1970() -> None:
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC)) == 1_000_001


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(to_micros(moment)).tzinfo is UTC


@pytest.mark.parametrize(
    ("seconds", "micros"), [(0.0, 0), (1.5, 1_500_000), (0.0000004, 0), (1000.000001, 1_000_000_001)]
)
def test_seconds_are_rounded_to_whole_microseconds(seconds: float, micros: int) -> None:
    assert ticks(seconds) == micros

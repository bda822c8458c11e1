from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.domain.backoff import DEFAULT_BACKOFF, Backoff, BackoffKind
from backstage.domain.errors import InvalidTaskDataError

seconds = st.floats(0, 3600 * 24 * 365, allow_nan=False)
shares = st.floats(0, 1, allow_nan=False)
chances = st.floats(0, 1, exclude_max=True, allow_nan=False)
attempts = st.integers(1, 10_000)
backoffs = st.builds(Backoff, st.sampled_from(BackoffKind), seconds, seconds, shares)


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        (Backoff.fixed(5), [5, 5, 5, 5]),
        (Backoff.linear(5, cap=12), [5, 10, 12, 12]),
        (Backoff.exponential(1, cap=6), [1, 2, 4, 6]),
        (Backoff.exponential(0), [0, 0, 0, 0]),
    ],
    ids=["fixed", "linear", "exponential", "none"],
)
def test_delays_grow_as_their_kind_says(backoff: Backoff, delays: list[float]) -> None:
    assert [backoff.delay(attempt) for attempt in range(1, 5)] == delays


@given(backoffs, attempts, chances)
def test_a_delay_is_never_above_the_cap_nor_below_nothing(backoff: Backoff, attempt: int, chance: float) -> None:
    assert 0 <= backoff.delay(attempt, chance) <= backoff.cap


@given(backoffs, attempts, chances)
def test_jitter_only_shortens_and_by_no_more_than_its_share(backoff: Backoff, attempt: int, chance: float) -> None:
    whole = backoff.delay(attempt)
    assert whole * (1 - backoff.jitter) * (1 - 1e-9) <= backoff.delay(attempt, chance) <= whole


@given(backoffs, attempts)
def test_a_later_attempt_never_waits_less(backoff: Backoff, attempt: int) -> None:
    assert backoff.delay(attempt) <= backoff.delay(attempt + 1)


@pytest.mark.parametrize("attempt", [65, 1025, 10_000, 10**9])
@pytest.mark.parametrize("make", [Backoff.fixed, Backoff.linear, Backoff.exponential])
def test_no_attempt_is_too_late_for_a_delay(make: Any, attempt: int) -> None:
    backoff = make(100.0)
    assert backoff.delay(attempt) == backoff.cap


@given(backoffs)
def test_a_backoff_comes_back_from_its_text(backoff: Backoff) -> None:
    assert Backoff.parse(str(backoff)) == backoff


def test_full_jitter_may_take_the_whole_delay_off() -> None:
    assert Backoff.fixed(10, jitter=1.0).delay(1, 0.5) == 5.0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((-1.0, 5.0, 0.0), "backoff.base"),
        ((float("nan"), 5.0, 0.0), "backoff.base"),
        ((1.0, float("inf"), 0.0), "backoff.cap"),
        ((1.0, 5.0, 1.1), "backoff.jitter"),
        ((1.0, 5.0, -0.1), "backoff.jitter"),
        ((1.0, 5.0, float("nan")), "backoff.jitter"),
    ],
)
def test_a_backoff_out_of_range_is_refused_by_its_field(arguments: tuple[float, float, float], field: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        Backoff(BackoffKind.EXPONENTIAL, *arguments)
    assert caught.value.fields[0].field == field


def test_the_default_backs_off_within_five_minutes() -> None:
    assert [round(DEFAULT_BACKOFF.delay(attempt)) for attempt in (1, 2, 3, 20)] == [1, 2, 4, 300]

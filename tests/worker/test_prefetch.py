from __future__ import annotations

from backstage.worker.prefetch import MOST, Prefetch


class Moments:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _after(prefetch: Prefetch, moments: Moments, *, runs: int, seconds: float) -> int:
    for _ in range(runs):
        prefetch.ended()
    moments.now += seconds
    return prefetch.size()


def test_a_fixed_number_stays_whatever_happens() -> None:
    moments = Moments()
    prefetch = Prefetch(7, moments)
    assert [prefetch.size(), _after(prefetch, moments, runs=1000, seconds=0.1)] == [7, 7]


def test_what_is_held_ready_is_what_the_slots_end_in_twenty_milliseconds() -> None:
    moments = Moments()
    prefetch = Prefetch(None, moments)
    assert prefetch.size() == 0
    assert _after(prefetch, moments, runs=500, seconds=0.1) == 100


def test_handlers_that_take_their_time_have_nothing_wait_behind_them() -> None:
    moments = Moments()
    prefetch = Prefetch(None, moments)
    prefetch.size()
    _after(prefetch, moments, runs=500, seconds=0.1)
    assert _after(prefetch, moments, runs=10, seconds=1.0) == 0


def test_it_has_a_bound() -> None:
    moments = Moments()
    prefetch = Prefetch(None, moments)
    prefetch.size()
    assert _after(prefetch, moments, runs=100_000, seconds=0.1) == MOST

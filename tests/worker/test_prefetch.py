from __future__ import annotations

import pytest

from backstage.worker.runtime.prefetch import MOST, Prefetch
from backstage.worker.watching.starvation import LOOK, Starvation, seconds_waited


class Moments:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _automatic(moments: Moments) -> Prefetch:
    prefetch = Prefetch(None, 10, moments)
    assert prefetch.size() == 0
    return prefetch


def _after(prefetch: Prefetch, moments: Moments, *, runs: int, busy: float, idle: float = 0.0) -> int:
    prefetch.began()
    for _ in range(runs):
        prefetch.runs_ended += 1
    moments.now += busy
    if idle:
        prefetch.rested()
        moments.now += idle
    return prefetch.size()


def test_a_fixed_number_stays_whatever_happens() -> None:
    moments = Moments()
    prefetch = Prefetch(7, 10, moments)
    assert [prefetch.size(), _after(prefetch, moments, runs=1000, busy=0.1)] == [7, 7]


def test_what_is_held_ready_is_what_the_slots_end_in_fifty_milliseconds() -> None:
    moments = Moments()
    assert _after(_automatic(moments), moments, runs=500, busy=0.1) == 250


def test_the_wait_for_a_claim_does_not_look_like_slow_handlers() -> None:
    moments = Moments()
    assert _after(_automatic(moments), moments, runs=100, busy=0.05, idle=0.05) == 100


def test_a_short_burst_in_a_long_time_says_little() -> None:
    moments = Moments()
    assert _after(_automatic(moments), moments, runs=10, busy=0.001, idle=1.0) == 0


def test_handlers_that_take_their_time_have_nothing_wait_behind_them() -> None:
    moments = Moments()
    prefetch = _automatic(moments)
    _after(prefetch, moments, runs=500, busy=0.1)
    assert _after(prefetch, moments, runs=190, busy=1.0) == 0  # ten slots: more than 50 ms each


def test_a_slot_that_is_quick_among_others_that_are_not_counts_for_itself() -> None:
    moments = Moments()
    assert _after(_automatic(moments), moments, runs=300, busy=1.0) == 15


def test_it_has_a_bound() -> None:
    moments = Moments()
    assert _after(_automatic(moments), moments, runs=100_000, busy=0.1) == MOST


def test_a_worker_that_waits_for_a_processor_does_not_take_its_handlers_for_slow() -> None:
    moments = Moments()
    prefetch = Prefetch(None, 10, moments, lambda: 0.75)
    assert prefetch.size() == 0
    assert _after(prefetch, moments, runs=20, busy=0.1) == 40


def test_the_share_of_waiting_is_that_since_the_last_look_and_four_fifths_at_most() -> None:
    moments, waited = Moments(), [7.0]
    starvation = Starvation(moments, lambda: waited[0])
    starvation()
    shares = []
    for more in (0.5, 0.0, 2.0):
        moments.now, waited[0] = moments.now + 1.0, waited[0] + more
        shares.append(starvation())
        moments.now += LOOK / 2
        assert starvation() == shares[-1]
        moments.now -= LOOK / 2
    assert shares == [pytest.approx(0.5), 0.0, 0.8]


def test_where_the_system_does_not_tell_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstage.worker.watching.starvation._PATH", "/nowhere")
    assert seconds_waited() == 0.0

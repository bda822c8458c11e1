from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.server_time import OwnTime, ServerTime, server_time
from backstage.testing.fake_clock import FakeClock

LEASE = 30.0


class Server:
    """A server whose clock is ahead of the local one by some seconds."""

    def __init__(self, local: FakeClock, ahead: float) -> None:
        self.local, self.ahead = local, timedelta(seconds=ahead)

    def now(self) -> datetime:
        return self.local.now() + self.ahead

    def asked(self, time: ServerTime, there: float, back: float) -> None:
        """Ask it for its time; `there` and `back` are the seconds of the two ways."""
        asked_at = self.local.monotonic()
        self.local.advance(there)
        answer = to_micros(self.now())
        self.local.advance(back)
        time.measured(answer, asked_at)


@pytest.fixture
def local() -> FakeClock:
    return FakeClock()


@pytest.fixture
def own(local: FakeClock) -> ServerTime:
    return server_time(None, local)


# -- the server's own ------------------------------------------------------------------------------


def test_without_a_clock_the_server_reads_its_own(own: ServerTime) -> None:
    assert isinstance(own, OwnTime)
    assert (own.now(), own.lease_now()) == (None, None)


def test_before_anything_was_measured_the_clock_is_the_local_one(own: ServerTime, local: FakeClock) -> None:
    assert (own.clock.now(), own.clock.monotonic()) == (local.now(), local.monotonic())


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 0.0])
def test_a_clock_that_is_wrong_agrees_with_the_server_once_it_was_asked(
    own: ServerTime, local: FakeClock, ahead: float
) -> None:
    server = Server(local, ahead)
    server.asked(own, 0.1, 0.1)
    local.advance(7)
    assert own.clock.now() == server.now()


def test_the_error_is_at_most_half_of_the_round_trip(own: ServerTime, local: FakeClock) -> None:
    server = Server(local, 60)
    server.asked(own, 0.0, 0.5)
    assert abs(own.clock.now() - server.now()) <= timedelta(seconds=0.25)


def test_a_slow_answer_does_not_spoil_what_a_quick_one_said(own: ServerTime, local: FakeClock) -> None:
    server = Server(local, 60)
    server.asked(own, 0.01, 0.01)
    server.asked(own, 0.0, 5.0)
    assert own.clock.now() == server.now()


def test_a_quick_answer_corrects_what_a_slow_one_said(own: ServerTime, local: FakeClock) -> None:
    server = Server(local, 60)
    server.asked(own, 0.0, 5.0)
    server.asked(own, 0.01, 0.01)
    assert own.clock.now() == server.now()


def test_what_was_said_long_ago_is_forgotten_for_a_slower_answer(own: ServerTime, local: FakeClock) -> None:
    server = Server(local, 60)
    server.asked(own, 0.01, 0.01)
    local.advance(61)
    server.ahead = timedelta(seconds=90)
    server.asked(own, 0.5, 0.5)
    assert own.clock.now() == server.now()


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
def test_setting_the_local_wall_clock_changes_nothing_once_the_server_was_asked(
    own: ServerTime, local: FakeClock, ahead: float
) -> None:
    Server(local, 0.0).asked(own, 0.01, 0.01)
    right = own.clock.now()
    local.set_wall(local.now() + timedelta(seconds=ahead))
    assert own.clock.now() == right


def test_a_server_whose_clock_was_set_is_believed_although_its_answer_is_slower(
    own: ServerTime, local: FakeClock
) -> None:
    server = Server(local, 0.0)
    server.asked(own, 0.01, 0.01)
    server.ahead = timedelta(hours=1)
    server.asked(own, 0.5, 0.5)
    assert own.clock.now() == server.now()


def test_the_clock_is_watched_for_steps(own: ServerTime, local: FakeClock) -> None:
    now = to_micros(local.now())
    assert own.trusts_ends(now, LEASE)
    assert not own.trusts_ends(now + ticks(3600), LEASE)
    local.advance(LEASE)
    assert own.trusts_ends(now + ticks(3600 + LEASE), LEASE)


def test_a_lease_from_the_future_is_distrusted_after_a_watch_of_its_length(own: ServerTime, local: FakeClock) -> None:
    now = to_micros(local.now())
    own.trusts_ends(now, LEASE)
    assert not own.trusts_beginnings(LEASE)
    local.advance(LEASE)
    own.trusts_ends(now + ticks(LEASE), LEASE)
    assert own.trusts_beginnings(LEASE)


# -- a given one -----------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def given(clock: FakeClock, local: FakeClock) -> ServerTime:
    return server_time(clock, local)


def test_a_given_clock_is_what_the_statements_go_by(given: ServerTime, clock: FakeClock) -> None:
    clock.advance(12.5)
    now, lease_now = given.now(), given.lease_now()
    assert now is not None
    assert from_micros(now) == clock.now()
    assert lease_now == ticks(clock.monotonic())
    assert given.clock is clock


def test_setting_a_given_clock_moves_no_lease(given: ServerTime, clock: FakeClock) -> None:
    before = given.lease_now()
    clock.jump(3600)
    assert given.lease_now() == before


def test_a_given_clock_is_never_corrected_nor_distrusted(given: ServerTime, clock: FakeClock) -> None:
    now = clock.now()
    given.measured(to_micros(now) + ticks(3600), clock.monotonic())
    assert given.clock.now() == now
    assert given.trusts_ends(to_micros(now), LEASE)
    assert given.trusts_ends(to_micros(now) + ticks(3600), LEASE)
    assert not given.trusts_beginnings(LEASE)

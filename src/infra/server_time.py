"""Whose time a server's statements go by: the server's own, or that of a clock which a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from backstage.domain.ports.clock import Clock
from backstage.infra.clock_watch import ClockWatch
from backstage.infra.moments import from_micros, ticks, to_micros


class ServerTime(Protocol):
    """Arguments of statements, in microseconds; None lets the server read its own clock."""

    @property
    def clock(self) -> Clock:
        """The store's clock, as well as this process can tell it."""
        ...

    def now(self) -> int | None: ...

    def lease_now(self) -> int | None:
        """The clock that leases are measured on."""
        ...

    def measured(self, server_now: int, asked_at: float) -> None:
        """The server said its time since `asked_at`, a moment of `clock.monotonic()`."""
        ...

    def trusts_ends(self, server_now: int, longest_lease: float) -> bool:
        """Whether a lease whose end has passed may be taken back now; `longest_lease` is seconds."""
        ...

    def trusts_beginnings(self, longest_lease: float) -> bool:
        """Whether a lease that seems to begin in the future is left from before the clock was set back."""
        ...


class OwnTime:
    """The server's clock decides, and is watched, for it can be set. This process's own serves only to say when a task
    was created, corrected by what the server last said: hosts whose clocks are wrong agree."""

    def __init__(self, local: Clock) -> None:
        self.clock = _CorrectedClock(local)
        self._watch = ClockWatch()

    def now(self) -> None:
        return None

    def lease_now(self) -> None:
        return None

    def measured(self, server_now: int, asked_at: float) -> None:
        self.clock.correct(server_now, asked_at)

    def trusts_ends(self, server_now: int, longest_lease: float) -> bool:
        return self._watch.look(server_now, self.clock.monotonic(), longest_lease)

    def trusts_beginnings(self, longest_lease: float) -> bool:
        return self._watch.has_watched_for(longest_lease)


class GivenTime:
    """A clock of the caller's, whose monotonic side nobody can set: nothing to correct and nothing to distrust."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> int:
        return to_micros(self.clock.now())

    def lease_now(self) -> int:
        return ticks(self.clock.monotonic())

    def measured(self, server_now: int, asked_at: float) -> None:
        """The clock is right as it is."""

    def trusts_ends(self, server_now: int, longest_lease: float) -> bool:
        return True

    def trusts_beginnings(self, longest_lease: float) -> bool:
        return False


class _CorrectedClock:
    """The server's clock: what it was at the quickest answer of late, carried on by the local monotonic clock.

    The local wall clock counts only until the first answer, so nothing happens here when somebody sets it.
    """

    _FORGOTTEN_AFTER = 60.0
    _DRIFT = 0.05
    """Seconds by which two good clocks may part in that time, and more."""

    def __init__(self, local: Clock) -> None:
        self._local = local
        self.monotonic = local.monotonic
        self._epoch: datetime | None = None
        """What the server's clock showed when the monotonic one began."""
        self._told = 0.0
        """The same in seconds since 1970."""
        self._error = float("inf")
        self._measured_at = float("-inf")

    def now(self) -> datetime:
        if self._epoch is None:
            return self._local.now()
        return self._epoch + timedelta(seconds=self.monotonic())

    def correct(self, server_now: int, asked_at: float) -> None:
        """Cristian's algorithm (1989): the server read its clock half a round trip ago, give or take that half."""
        monotonic = self.monotonic()
        error = (monotonic - asked_at) / 2
        told = server_now / 1_000_000 + error - monotonic
        is_old = monotonic - self._measured_at > self._FORGOTTEN_AFTER
        if error <= self._error or is_old or self._contradicts(told, error):
            self._told, self._error, self._measured_at = told, error, monotonic
            self._epoch = from_micros(server_now) + timedelta(seconds=error - monotonic)

    def _contradicts(self, told: float, error: float) -> bool:
        """Whether what was told before cannot be true any more: somebody has set the server's clock."""
        return abs(told - self._told) > error + self._error + self._DRIFT


def server_time(clock: Clock | None, local: Clock) -> ServerTime:
    """Return the time of the given clock, else the server's own, which `local` helps to tell."""
    return OwnTime(local) if clock is None else GivenTime(clock)

"""Notices that somebody set the clock of a server which leases are measured on."""

from __future__ import annotations

_STEP = 2_000_000
"""Microseconds by which the server's clock may stray from ours between two looks: more is a step, not a drift."""


class ClockWatch:
    """Compares how far the server's clock went between two looks with how far this process's monotonic one did.

    A step forward makes every lease look as if it had run out, a step back makes those of dead workers last too long.
    After either, nothing is taken back until every live lease has been renewed by the new time.
    """

    def __init__(self) -> None:
        self._last: tuple[int, float] | None = None
        self._distrusted_until = float("-inf")
        self._watched_since: float | None = None

    def look(self, server_now: int, monotonic: float, longest_lease: float) -> bool:
        """Note the server's time (microseconds) at a moment of ours (seconds). Whether leases' ends are trusted."""
        if self._last is None:
            self._watched_since = monotonic
        elif abs((server_now - self._last[0]) - (monotonic - self._last[1]) * 1_000_000) > _STEP:
            self._distrusted_until = monotonic + longest_lease
        self._last = (server_now, monotonic)
        return monotonic >= self._distrusted_until

    def has_watched_for(self, seconds: float) -> bool:
        """Whether it has looked on that long, and trusted what it saw at the last look."""
        if self._last is None or self._watched_since is None:
            return False
        monotonic = self._last[1]
        return monotonic >= self._distrusted_until and monotonic - self._watched_since >= seconds

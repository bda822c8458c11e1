from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


class FakeClock:
    """A Clock that moves only when told to::

    clock = FakeClock()
    begun = clock.now()
    clock.advance(60)
    assert (clock.now() - begun).total_seconds() == 60
    """

    def __init__(self, start: datetime = START) -> None:
        self._wall = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self._wall += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, moment: datetime) -> None:
        """Set the wall clock alone, as an administrator or NTP does; no time passes."""
        self._wall = moment

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, forward or back."""
        self._wall += timedelta(seconds=seconds)

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, in UTC, to the microsecond."""
        ...

    def monotonic(self) -> float:
        """Seconds since a fixed moment that every process of this host shares; setting the wall clock, or
        suspending the machine, does not disturb it."""
        ...

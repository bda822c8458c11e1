"""For how long something is done that may end early."""

from __future__ import annotations

from collections.abc import Callable

from backstage.domain.ports.clock import Clock

IsOver = Callable[[], bool]


def never_over() -> bool:
    return False


def over_after(seconds: float, clock: Clock) -> IsOver:
    """Whether so many seconds have passed, of those that no setting of the wall clock disturbs."""
    end = clock.monotonic() + seconds
    return lambda: clock.monotonic() >= end

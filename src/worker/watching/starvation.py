"""How much of its time a thread waits for a processor that others use."""

from __future__ import annotations

import os
from collections.abc import Callable

LOOK = 0.05
"""Seconds between two looks: each reads a file that the kernel makes."""
MOST = 0.8
_PATH = "/proc/thread-self/schedstat"


def seconds_waited() -> float:
    """Return how long this thread has waited for a processor since it began; 0 where the system does not tell."""
    try:
        file = os.open(_PATH, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0.0
    try:
        return int(os.read(file, 100).split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
    finally:
        os.close(file)


class Starvation:
    """The share of the time since the look before that was spent in waiting, MOST at most. Called by the one thread."""

    def __init__(self, now: Callable[[], float], waited: Callable[[], float] = seconds_waited) -> None:
        self._now, self._waited_so_far = now, waited
        self._looked_at = self._waited = self._share = 0.0

    def __call__(self) -> float:
        now = self._now()
        if now - self._looked_at >= LOOK:
            waited = self._waited_so_far()
            self._share = min(MOST, max(0.0, (waited - self._waited) / (now - self._looked_at)))
            self._looked_at, self._waited = now, waited
        return self._share

"""How many tasks a worker holds ready beyond its free slots."""

from __future__ import annotations

from collections.abc import Callable

READY_FOR = 0.02
"""Seconds of work that are held ready: several round trips to a store, and no longer than that may another worker
miss a task, or an urgent one wait behind others."""
LOOK = 0.01
"""Seconds between two looks at how fast runs end."""
MOST = 1000


class Prefetch:
    """A fixed number, or one that follows how fast runs end: none at all for handlers that take their time."""

    def __init__(self, fixed: int | None, now: Callable[[], float]) -> None:
        """`now` is the loop's time."""
        self._fixed = fixed
        self._now = now
        self._ended = 0
        self._since: float | None = None
        self._size = 0

    @property
    def is_automatic(self) -> bool:
        return self._fixed is None

    def ended(self) -> None:
        """A run has ended."""
        self._ended += 1

    def size(self) -> int:
        if self._fixed is not None:
            return self._fixed
        now = self._now()
        if self._since is None:
            self._since, self._ended = now, 0
        elif now - self._since >= LOOK:
            self._size = min(MOST, int(self._ended / (now - self._since) * READY_FOR))
            self._since, self._ended = now, 0
        return self._size

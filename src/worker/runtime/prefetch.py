"""How many tasks a worker holds ready beyond its free slots (decision 0703)."""

from __future__ import annotations

from collections.abc import Callable

READY_FOR = 0.05
"""Seconds of work that are held ready: several round trips to a store, and no longer than that may another worker
miss a task, or an urgent one wait behind others."""
LOOK = 0.01
"""Seconds between two looks at how fast runs end."""
LEAST_BUSY = 0.25
"""Of the time between two looks: what counts as busy at least, for a short burst says little."""
MOST = 1000


class Prefetch:
    """A fixed number, or one that follows how fast runs end: none at all for handlers that take their time.

    What counts is the speed while runs go on. Reckoned with the waits for claims, too few tasks held ready would look
    like slow handlers, and stay too few.
    """

    def __init__(
        self, fixed: int | None, concurrency: int, now: Callable[[], float], starved: Callable[[], float] = float
    ) -> None:
        """`now` is the loop's time, `starved` the share of it in which the worker waited for a processor: its handlers
        are not slow for that, and among many workers on one machine each claim would bring next to nothing."""
        self._fixed = fixed
        self._concurrency = concurrency
        self._now = now
        self._starved = starved
        self.runs_ended = 0
        """Since the last look; whoever sees a run end counts it."""
        self._busy = 0.0
        self._busy_since: float | None = None
        self._since = 0.0
        self._size = 0

    @property
    def is_automatic(self) -> bool:
        return self._fixed is None

    def began(self) -> None:
        """Runs have begun; others may have gone on."""
        if self._busy_since is None:
            self._busy_since = self._now()

    def rested(self) -> None:
        """No run goes on any more."""
        if self._busy_since is not None:
            self._busy += self._now() - self._busy_since
            self._busy_since = None

    def size(self) -> int:
        if self._fixed is not None:
            return self._fixed
        now = self._now()
        if now - self._since >= LOOK:
            self._size = self._size_at(now)
            self._since, self.runs_ended, self._busy = now, 0, 0.0
        return self._size

    def _size_at(self, now: float) -> int:
        if self._busy_since is not None:
            self._busy += now - self._busy_since
            self._busy_since = now
        seconds = max(self._busy, (now - self._since) * LEAST_BUSY) * (1.0 - self._starved())
        size = min(MOST, int(self.runs_ended / seconds * READY_FOR))
        # Fewer than there are slots: a run takes longer than that, and so would the wait behind it.
        return size if size >= self._concurrency else 0

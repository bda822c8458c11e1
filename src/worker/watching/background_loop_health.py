"""Whether the background loops turn: a worker that is alive and does nothing is the failure that nobody sees."""

from __future__ import annotations

import time

from backstage.domain.errors import StoreReplacedError

MISSED_TURNS = 3
RECENTLY = 10.0
"""Seconds after which an endless loop, which tells only of its errors, counts as recovered."""
_SLACK = 1.0


class LoopHealth:
    """What one loop did last. Written on the worker's loop, read from any thread.

    `interval` is the seconds between the turns of a periodic loop, None for one that waits for something to do.
    """

    __slots__ = ("_error", "_replaced_since", "at", "interval", "name", "replaced")

    def __init__(self, name: str, interval: float | None = None) -> None:
        self.name, self.interval = name, interval
        self.at = time.monotonic()
        """Of its last turn or error. A loop that turns for each task writes it itself while it has no trouble."""
        self._error: str | None = None
        self.replaced: StoreReplacedError | None = None
        """The loop's last error, if it was that."""
        self._replaced_since = 0.0

    def turned(self) -> None:
        self.at = time.monotonic()
        self._error = self.replaced = None

    def failed(self, error: BaseException) -> None:
        self.at = time.monotonic()
        self._error = str(error) or type(error).__name__
        if self.replaced is None:
            self._replaced_since = self.at
        self.replaced = error if isinstance(error, StoreReplacedError) else None

    @property
    def replaced_for(self) -> float:
        """Seconds since the first error of the kind of `replaced` after which it has not turned."""
        return time.monotonic() - self._replaced_since if self.replaced is not None else 0.0

    @property
    def seconds_since(self) -> float:
        """Since its last turn or error, or since it was made."""
        return time.monotonic() - self.at

    def problem(self) -> str | None:
        """What is wrong with it, in one line."""
        seconds = self.seconds_since
        if self._error is not None and (self.interval is not None or seconds < RECENTLY):
            return self._error
        if self.interval is not None and seconds > MISSED_TURNS * self.interval + _SLACK:
            return f"has not turned for {seconds:.1f} s; its interval is {self.interval:g} s"
        return None


class LoopHealths:
    """Those of one worker, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, LoopHealth] = {}

    def of(self, name: str, interval: float | None = None) -> LoopHealth:
        """The loop of that name, which is known from the first call on."""
        return self._by_name.setdefault(name, LoopHealth(name, interval))

    def all(self) -> list[LoopHealth]:
        """Sorted by name."""
        return sorted(self._by_name.copy().values(), key=lambda loop: loop.name)

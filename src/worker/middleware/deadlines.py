"""The deadlines of all runs, by one timer (decision 0702)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from operator import attrgetter

from msgspec import Struct

TIMER_STEP = 0.001
"""Seconds: event loops round timers to milliseconds, so one may ring that much early."""


class Deadline(Struct, eq=False):
    """One of a run; `has_passed` once its action was called. A Struct, for every run makes one."""

    at: float
    act: Callable[[], object]
    has_passed: bool = False


class Deadlines:
    """Most runs end long before their deadline, so a timer for each is made in vain.

    The one timer is set for the earliest deadline seen, and left alone when its run ends: at worst it rings for
    nothing, once in the shortest of the timeouts.
    """

    def __init__(self) -> None:
        self._pending: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = inf
        self._loop: asyncio.AbstractEventLoop | None = None
        """Kept, for to ask for it costs a system call."""

    def __len__(self) -> int:
        """How many have neither passed nor been ended."""
        return len(self._pending)

    def start(self, seconds: float, act: Callable[[], object]) -> Deadline:
        """Call `act` on the running loop after so many seconds, unless the deadline is ended before."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        deadline = Deadline(loop.time() + seconds, act)
        self._pending[deadline] = None
        if deadline.at < self._rings_at:
            self._set_timer(loop, deadline.at)
        return deadline

    def end(self, deadline: Deadline) -> None:
        self._pending.pop(deadline, None)

    def close(self) -> None:
        """Call no action any more."""
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = at
        self._timer = loop.call_at(at, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        latest = loop.time() + TIMER_STEP
        self._timer, self._rings_at = None, inf
        due = [each for each in self._pending if each.at <= latest]
        for deadline in sorted(due, key=attrgetter("at")):
            self.end(deadline)
            deadline.has_passed = True
            deadline.act()
        if self._pending:
            self._set_timer(loop, min(each.at for each in self._pending))

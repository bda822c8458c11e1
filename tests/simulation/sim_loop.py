"""An event loop with virtual time whose every choice comes from a seed.

Time stands still while anything can run and then jumps to the next timer, so hours pass in milliseconds and a
seed replays exactly. Each callback belongs to a lane (the part of a simulated process it runs in), known from
the context it was made in: a lane can be frozen for a while, a whole host killed.
"""

from __future__ import annotations

import asyncio
import heapq
from contextvars import ContextVar
from random import Random
from typing import Any

Lane = tuple[str, str]
"""A host and what runs on it: `main`, or `keeper` for what production runs in a thread of its own."""

lane_var: ContextVar[Lane] = ContextVar("lane", default=("world", "main"))


class NothingCanHappen(Exception):
    """Nothing is ready and no timer is set: the simulated system is deadlocked."""


class SimLoop(asyncio.BaseEventLoop):
    def __init__(self, random: Random, *, is_fifo: bool) -> None:
        super().__init__()
        self._random = random
        self._is_fifo = is_fifo
        self._now = 0.0
        self._dead: set[str] = set()
        self._frozen: dict[Lane, list[asyncio.Handle]] = {}
        self.graveyard: list[asyncio.Task[Any]] = []
        self.steps = 0
        self.set_task_factory(self._make_task)

    def time(self) -> float:
        return self._now

    def kill(self, host: str) -> None:
        """From now on nothing of that host ever runs again: no `finally`, no `except`."""
        self._dead.add(host)
        for lane in [lane for lane in self._frozen if lane[0] == host]:
            del self._frozen[lane]

    def freeze(self, lane: Lane, seconds: float) -> None:
        """What belongs to the lane waits; it is not lost."""
        if lane not in self._frozen:
            self._frozen[lane] = []
            self.call_later(seconds, self._thaw, lane)

    def is_alive(self, host: str) -> bool:
        return host not in self._dead

    def is_frozen(self, host: str) -> bool:
        return any(lane[0] == host for lane in self._frozen)

    def _thaw(self, lane: Lane) -> None:
        self._ready.extend(self._frozen.pop(lane, ()))

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **options)
        self.graveyard.append(task)
        return task

    def _process_events(self, event_list: Any) -> None:
        """There is no I/O."""

    def _write_to_self(self) -> None:
        """There is no selector to wake."""

    def _run_once(self) -> None:
        self._forget_cancelled_timers()
        if not self._ready:
            if not self._scheduled:
                raise NothingCanHappen
            self._now = max(self._now, self._scheduled[0]._when)
        while self._scheduled and self._scheduled[0]._when <= self._now:
            timer = heapq.heappop(self._scheduled)
            timer._scheduled = False
            self._ready.append(timer)
        if not self._is_fifo and len(self._ready) > 1:
            self._ready.rotate(-self._random.randrange(len(self._ready)))
        handle = self._ready.popleft()
        if handle._cancelled:
            return
        lane = handle._context.get(lane_var) or ("world", "main")
        if lane[0] in self._dead:
            return
        if lane in self._frozen and getattr(handle._callback, "__func__", None) is not SimLoop._thaw:
            self._frozen[lane].append(handle)
            return
        self.steps += 1
        handle._run()

    def _forget_cancelled_timers(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            heapq.heappop(self._scheduled)._scheduled = False

    def bury(self) -> None:
        """Close what dead hosts left behind, so that no destructor speaks later."""
        for task in self.graveyard:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                _close(task.get_coro())
        self._ready.clear()
        self._scheduled.clear()
        self.close()


def _close(coro: Any) -> None:
    for _ in range(100):  # each `finally` that awaits something refuses once
        try:
            coro.close()
        except BaseException:
            continue  # a dead host's clean-up has nobody to tell
        return

"""How long a run may take: its handler is told, or cancelled, when its time is over, all of them by one timer
(decision 0702)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from math import inf
from operator import attrgetter
from typing import Any

from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.current_run import current_run
from backstage.worker.handling.middleware import Middleware, Run

TIMER_STEP = 0.001
"""Seconds: event loops round timers to milliseconds, so one may ring that much early."""


class TaskTimeout(Exception):
    """The handler ran longer than its hard timeout and was cancelled."""


def timeout(mark_over_soft_timeout: Callable[[TaskContext], None], deadlines: Deadlines | None = None) -> Middleware:
    """Tell the handler when its soft timeout is over, cancel it when its hard one is.

    They are those of the worker's own context: one that a middleware puts in its place need not know the limits.
    """
    shared = deadlines or Deadlines()

    def middleware(run: Run) -> Run:
        def timed(context: TaskContext) -> Any:
            own = current_run.get(context)
            limits = own.limits
            if limits is None:
                return run(context)
            timed_run = run(context) if limits.timeout is None else _within(limits.timeout, run, context, shared)
            if limits.soft_timeout is None:
                return timed_run
            return _marked_after(limits.soft_timeout, partial(mark_over_soft_timeout, own), timed_run, shared)

        return timed

    return middleware


async def _marked_after(seconds: float, tell: Callable[[], object], run: Any, deadlines: Deadlines) -> Any:
    soft = deadlines.start(seconds, tell)
    try:
        return await run
    finally:
        deadlines.end(soft)


async def _within(seconds: float, run: Run, context: TaskContext, deadlines: Deadlines) -> Any:
    """Tells its own cancellation from those of others as asyncio.timeout does: by counting them."""
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    hard = deadlines.start(seconds, task.cancel)
    try:
        return await run(context)
    except asyncio.CancelledError as error:
        if hard.has_passed and task.cancelling() - 1 <= before:
            raise TaskTimeout(f"the handler ran longer than its {seconds:g} s") from error
        raise
    finally:
        if hard.has_passed:
            task.uncancel()
        else:
            deadlines.end(hard)


class Deadline:
    """One of a run; `has_passed` once its action was called."""

    __slots__ = ("act", "at", "has_passed")

    def __init__(self, at: float, act: Callable[[], object]) -> None:
        self.at = at
        self.act = act
        self.has_passed = False


class Deadlines:
    """Most runs end long before their deadline, so a timer for each is made in vain.

    The one timer is set for the earliest deadline seen, and left alone when its run ends: at worst it rings for
    nothing, once in the shortest of the timeouts.
    """

    def __init__(self) -> None:
        self._pending: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = inf

    def start(self, seconds: float, act: Callable[[], object]) -> Deadline:
        """Call `act` on the running loop after so many seconds, unless the deadline is ended before."""
        loop = asyncio.get_running_loop()
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

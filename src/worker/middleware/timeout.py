"""How long a run may take: its handler is told, or cancelled, when its time is over, all of them by one timer
(decision 0702)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.current_run import current_run
from backstage.worker.handling.middleware import Middleware, Run
from backstage.worker.middleware.deadlines import Deadlines


class TaskTimeout(Exception):
    """The handler ran longer than its hard timeout and was cancelled."""


def timed_out(seconds: float) -> TaskTimeout:
    return TaskTimeout(f"the handler ran longer than its {seconds:g} s")


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
            raise timed_out(seconds) from error
        raise
    finally:
        if hard.has_passed:
            task.uncancel()
        else:
            deadlines.end(hard)

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.deadlines import Deadlines
from backstage.worker.handling.middleware import Middleware, Run
from backstage.worker.handling.run_limits import RunLimits


class TaskTimeout(Exception):
    """The handler ran longer than its hard timeout and was cancelled."""


def timeout(
    limits_of: Callable[[TaskContext], RunLimits],
    tell_soft_timeout: Callable[[TaskContext], None],
    deadlines: Deadlines | None = None,
) -> Middleware:
    """Tell the handler when its soft timeout is over, cancel it when its hard one is."""
    shared = deadlines or Deadlines()

    def middleware(run: Run) -> Run:
        def timed(context: TaskContext) -> Any:
            limits = limits_of(context)
            timed_run = run(context) if limits.timeout is None else _within(limits.timeout, run, context, shared)
            if limits.soft_timeout is None:
                return timed_run
            return _told_after(limits.soft_timeout, partial(tell_soft_timeout, context), timed_run, shared)

        return timed

    return middleware


async def _told_after(seconds: float, tell: Callable[[], object], run: Any, deadlines: Deadlines) -> Any:
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

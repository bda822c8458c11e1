from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from backstage.worker.context import TaskContext
from backstage.worker.middleware.middleware import Middleware, Run
from backstage.worker.run_limits import RunLimits


class TaskTimeout(Exception):
    """The handler ran longer than its hard timeout and was cancelled."""


def timeout(
    limits_of: Callable[[TaskContext], RunLimits], tell_soft_timeout: Callable[[TaskContext], None]
) -> Middleware:
    """Tell the handler when its soft timeout is over, cancel it when its hard one is."""

    def middleware(run: Run) -> Run:
        async def timed(context: TaskContext) -> Any:
            limits = limits_of(context)
            if limits.soft_timeout is None:
                return await _within(limits.timeout, run, context)
            loop = asyncio.get_running_loop()
            soft = loop.call_later(limits.soft_timeout, tell_soft_timeout, context)
            try:
                return await _within(limits.timeout, run, context)
            finally:
                soft.cancel()

        return timed

    return middleware


async def _within(seconds: float | None, run: Run, context: TaskContext) -> Any:
    if seconds is None:
        return await run(context)
    try:
        async with asyncio.timeout(seconds) as limit:
            return await run(context)
    except TimeoutError as error:
        if limit.expired():
            raise TaskTimeout(f"the handler ran longer than its {seconds:g} s") from error
        raise

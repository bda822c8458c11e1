from __future__ import annotations

import asyncio


def must_pass(error: BaseException) -> bool:
    """Whether somebody else's function that raised this was stopped from outside: then who called it stops, too.

    Anything else is an error of the function alone, also SystemExit, which would end the worker, and a cancellation
    that it let through from elsewhere, which would end the loop that called it without a word.
    """
    if isinstance(error, KeyboardInterrupt):
        return True
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0

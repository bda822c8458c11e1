from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def heeding_cancel(call: Awaitable[T]) -> T:
    """Make the call, and end as cancelled if this task was cancelled within it, whatever the call made of that.

    The driver sends through `asyncio.wait_for`, which in Python 3.11 returns as if nothing had happened when the cancel
    comes in the same turn of the loop as the end of the sending (CPython issue 86296). A loop that was to end would go
    on for ever.
    """
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    result = await call
    if task.cancelling() > before:
        raise asyncio.CancelledError
    return result

"""Waiting for a condition, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Seconds until a condition counts as never to come, on a machine that is busy with other things."""
_LOOK = 0.02


async def until(what: str, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Return once `condition` is true. Raises AssertionError, which says what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for: {what}"
        await asyncio.sleep(_LOOK)


async def until_answer(what: str, condition: Callable[[], Awaitable[object]], seconds: float = PATIENCE) -> None:
    """The same for a condition that has to be asked for."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for: {what}"
        await asyncio.sleep(_LOOK)

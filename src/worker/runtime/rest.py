"""How loops rest that have nothing to do."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol


class Rest(Protocol):
    @property
    def is_over(self) -> bool:
        """Whether there is something to do, or that is not known."""
        ...

    @property
    def longest(self) -> float:
        """Seconds."""
        ...

    async def wait(self) -> None:
        """Return when it is over, and after `longest` at the latest."""
        ...


class WhileNothingRuns:
    """`busy` is set while something does."""

    def __init__(self, busy: asyncio.Event, longest: float) -> None:
        self._busy, self.longest = busy, longest

    @property
    def is_over(self) -> bool:
        return self._busy.is_set()

    async def wait(self) -> None:
        await until_set(self._busy, self.longest)


async def until_set(event: asyncio.Event, longest: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await event.wait()

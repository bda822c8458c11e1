from __future__ import annotations

import asyncio
import contextlib


class EventWakeup:
    """Wakeup that whoever listens to a server sets on the running loop: by what it hears, and by each new connection,
    because what was said in between is lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def wait(self, timeout: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()

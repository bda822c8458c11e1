from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from examples.journal.store import Store


class JournalWakeup:
    """Wakeup within the process, across its threads."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        with suppress(RuntimeError):  # the waiter's loop may have closed meanwhile
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()


@asynccontextmanager
async def subscribed(store: Store) -> AsyncIterator[JournalWakeup]:
    wakeup = JournalWakeup()
    store.wakers.append(wakeup.wake)
    try:
        yield wakeup
    finally:
        store.wakers.remove(wakeup.wake)

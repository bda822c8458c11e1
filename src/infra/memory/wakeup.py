from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from backstage.infra.memory.store import MemoryStore


class MemoryWakeup:
    """Wakeup within the process, across its threads."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the waiter's loop may have closed meanwhile
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()


@contextlib.asynccontextmanager
async def subscribe(store: MemoryStore) -> AsyncIterator[MemoryWakeup]:
    wakeup = MemoryWakeup()
    store.wakers.append(wakeup.wake)
    try:
        yield wakeup
    finally:
        store.wakers.remove(wakeup.wake)

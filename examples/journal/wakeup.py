from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from backstage.ports import Hint
from examples.journal.store import Store


class JournalWakeup:
    """Wakeup within the process, across its threads."""

    def __init__(self, store: Store, name: str | None) -> None:
        self._store, self._name = store, name
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._heard = Hint.NOTHING

    @property
    def is_called(self) -> bool:
        return self._name is not None

    def hear_all(self) -> None:
        if self.wake not in self._store.wakers:
            self._store.wakers.append(self.wake)
            self.wake()  # what was said before was missed

    def hear_calls(self) -> None:
        with suppress(ValueError):
            self._store.wakers.remove(self.wake)

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        for name in names:
            if (wake := self._store.called.get(name)) is not None:
                wake(hint)

    def wake(self, hint: Hint = Hint.WORK) -> None:
        with suppress(RuntimeError):  # the waiter's loop may have closed meanwhile
            self._loop.call_soon_threadsafe(self._hear, hint)

    async def wait(self, timeout: float) -> Hint:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()
        heard, self._heard = self._heard, Hint.NOTHING
        return heard

    def _hear(self, hint: Hint) -> None:
        self._heard |= hint
        self._event.set()


@asynccontextmanager
async def subscribed(store: Store, name: str | None) -> AsyncIterator[JournalWakeup]:
    wakeup = JournalWakeup(store, name)
    store.wakers.append(wakeup.wake)
    if name is not None:
        store.called[name] = wakeup.wake
    try:
        yield wakeup
    finally:
        wakeup.hear_calls()
        if name is not None and store.called.get(name) == wakeup.wake:
            del store.called[name]

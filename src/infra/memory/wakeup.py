from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from backstage.domain.hint import Hint
from backstage.infra.event_wakeup import EventWakeup
from backstage.infra.memory.store import MemoryStore


class MemoryWakeup(EventWakeup):
    """Wakeup within the process, across its threads."""

    def __init__(self, store: MemoryStore, name: str | None) -> None:
        super().__init__()
        self._store, self._name = store, name
        self._loop = asyncio.get_running_loop()

    @property
    def is_called(self) -> bool:
        return self._name is not None

    def hear_all(self) -> None:
        if self.signal not in self._store.wakers:
            self._store.wakers.append(self.signal)
            self.wake()  # what was said before was missed

    def hear_calls(self) -> None:
        with contextlib.suppress(ValueError):
            self._store.wakers.remove(self.signal)

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        for name in names:
            if (signal := self._store.called.get(name)) is not None:
                signal(hint)

    def signal(self, hint: Hint = Hint.WORK) -> None:
        """`wake`, from any thread."""
        with contextlib.suppress(RuntimeError):  # the waiter's loop may have closed meanwhile
            self._loop.call_soon_threadsafe(self.wake, hint)


@contextlib.asynccontextmanager
async def subscribe(store: MemoryStore, name: str | None) -> AsyncIterator[MemoryWakeup]:
    wakeup = MemoryWakeup(store, name)
    store.wakers.append(wakeup.signal)
    if name is not None:
        store.called[name] = wakeup.signal
    try:
        yield wakeup
    finally:
        wakeup.hear_calls()
        if name is not None and store.called.get(name) == wakeup.signal:
            del store.called[name]

from __future__ import annotations

from backstage.domain.ports.queue_control import Pause
from backstage.infra.memory.store import MemoryStore


class MemoryControl:
    """QueueControl over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def pause(self, kind: str, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        with self._store.lock:
            if (kind, name) in self._store.pauses:
                return False
            self._store.pauses[kind, name] = Pause(kind, name, self._store.clock.now(), by, reason)
            return True

    async def resume(self, kind: str, name: str) -> bool:
        with self._store.lock:
            was_paused = self._store.pauses.pop((kind, name), None) is not None
            self._store.wake()
        return was_paused

    async def paused(self) -> list[Pause]:
        with self._store.lock:
            return [pause for _, pause in sorted(self._store.pauses.items())]

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from backstage.domain.broadcast_message import KEPT_AT_MOST, KEPT_FOR, BroadcastMessage
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.broadcasts import Received
from backstage.infra.memory.store import MemoryStore


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    """Counts from 1 in the order of sending, and is the position after the message."""
    stored_at: datetime
    message: BroadcastMessage


class MemoryBroadcasts:
    """Broadcasts over a dict by message id, which is in the order of sending."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._kept: dict[str, _Kept] = {}
        self._sent = 0

    async def send(self, message: BroadcastMessage) -> None:
        with self._store.lock:
            self._forget_old()
            if message.id not in self._kept:
                self._sent += 1
                self._kept[message.id] = _Kept(self._sent, self._store.clock.now(), message)
            if len(self._kept) > KEPT_AT_MOST:
                del self._kept[next(iter(self._kept))]
            self._store.wake()

    async def position(self) -> str:
        with self._store.lock:
            return str(self._sent)

    async def receive(self, after: str, limit: int) -> Received:
        with self._store.lock:
            self._forget_old()
            later = (kept for kept in self._kept.values() if kept.number > int(after))
            given = list(islice(later, limit))
        return Received([kept.message for kept in given], str(given[-1].number) if given else after)

    def _forget_old(self) -> None:
        oldest = self._store.clock.now() - timedelta(seconds=KEPT_FOR)
        while self._kept and (first := next(iter(self._kept.values()))).stored_at < oldest:
            del self._kept[first.message.id]

from __future__ import annotations

from backstage.domain.stored_subscription import StoredSubscription
from backstage.domain.subscription import Subscription
from backstage.infra.memory.store import MemoryStore


class MemorySubscriptions:
    """Subscriptions over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def put(self, subscription: Subscription) -> None:
        with self._store.lock:
            self._store.subscriptions[subscription.name] = subscription

    async def delete(self, name: str) -> bool:
        with self._store.lock:
            return self._store.subscriptions.pop(name, None) is not None

    async def all(self) -> list[StoredSubscription]:
        with self._store.lock:
            return [subscription for _, subscription in sorted(self._store.subscriptions.items())]

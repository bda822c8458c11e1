from __future__ import annotations

from typing import Protocol

from backstage.domain.stored_subscription import StoredSubscription
from backstage.domain.subscription import Subscription


class Subscriptions(Protocol):
    """The durable subscriptions of a store, by name. Errors are those of TaskRepository."""

    async def put(self, subscription: Subscription) -> None:
        """Create the subscription of that name, or replace it."""
        ...

    async def delete(self, name: str) -> bool:
        """False if there was none."""
        ...

    async def all(self) -> list[StoredSubscription]:
        """Sorted by name."""
        ...

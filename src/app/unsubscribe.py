from __future__ import annotations

from backstage.app.cancel_deliveries import CancelDeliveries
from backstage.domain.errors import SubscriptionNotFoundError
from backstage.domain.ports.subscriptions import Subscriptions


class Unsubscribe:
    """Remove the durable subscription of that name and cancel its waiting deliveries; return how many.

    A worker that does not know of it yet may store more; it cancels that itself when it knows. A worker with a listener
    of that name subscribes again when it is started. Raises SubscriptionNotFoundError.
    """

    def __init__(self, subscriptions: Subscriptions, cancel_deliveries: CancelDeliveries) -> None:
        self._subscriptions, self._cancel_deliveries = subscriptions, cancel_deliveries

    async def __call__(self, name: str) -> int:
        is_known = await self._subscriptions.delete(name)
        cancelled = await self._cancel_deliveries(name)  # also those that an earlier call, cut off, has left
        if not is_known and not cancelled:
            raise SubscriptionNotFoundError(name)
        return cancelled

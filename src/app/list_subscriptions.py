from __future__ import annotations

from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.subscription import Subscription


class ListSubscriptions:
    """Return the durable subscriptions that can be read here, by name."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    async def __call__(self) -> list[Subscription]:
        return [each for each in await self._subscriptions.all() if isinstance(each, Subscription)]

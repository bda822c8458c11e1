from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.events import TaskFailed
from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.subscription import Subscription


class Subscribe:
    """Create the durable subscription of that name, or replace it; the fields are those of Subscription.

    A worker with a listener of that name (`@listener(…, durable=name)`) does this by itself. Without such a worker
    the deliveries wait. Workers know of it within their `subscription_interval`. Raises ConfigurationError.
    """

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    async def __call__(
        self,
        name: str,
        events: Iterable[str] = (TaskFailed.name,),
        *,
        types: Iterable[str] = (),
        queues: Iterable[str] = (),
        every_attempt: bool = False,
    ) -> Subscription:
        subscription = Subscription(
            name=name, events=tuple(events), types=tuple(types), queues=tuple(queues), every_attempt=every_attempt
        )
        await self._subscriptions.put(subscription)
        return subscription

from __future__ import annotations

from backstage.domain.stored_subscription import StoredSubscription, stored_subscription
from backstage.domain.subscription import Subscription
from backstage.domain.subscription_document import document_of
from backstage.infra.redis.link import Link


class RedisSubscriptions:
    """Subscriptions over one hash: name -> the document."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(self, subscription: Subscription) -> None:
        await self._link.command("HSET", self._link.keys.subscriptions, subscription.name, document_of(subscription))

    async def delete(self, name: str) -> bool:
        return bool(await self._link.command("HDEL", self._link.keys.subscriptions, name))

    async def all(self) -> list[StoredSubscription]:
        stored = await self._link.command("HGETALL", self._link.keys.subscriptions)
        found = [stored_subscription(name.decode(), document.decode()) for name, document in stored.items()]
        return sorted(found, key=lambda each: each.name)

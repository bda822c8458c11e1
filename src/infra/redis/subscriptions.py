from __future__ import annotations

from backstage.domain.stored_subscription import StoredSubscription, stored_subscription
from backstage.domain.subscription import Subscription
from backstage.domain.subscription_document import document_of
from backstage.infra.redis.client import Client


class RedisSubscriptions:
    """Subscriptions over one hash: name -> the document."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, subscription: Subscription) -> None:
        await self._client.command(
            "HSET", self._client.keys.subscriptions, subscription.name, document_of(subscription)
        )

    async def delete(self, name: str) -> bool:
        return bool(await self._client.command("HDEL", self._client.keys.subscriptions, name))

    async def all(self) -> list[StoredSubscription]:
        stored = await self._client.command("HGETALL", self._client.keys.subscriptions)
        found = [stored_subscription(name.decode(), document.decode()) for name, document in stored.items()]
        return sorted(found, key=lambda each: each.name)

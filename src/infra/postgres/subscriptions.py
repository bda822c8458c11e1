from __future__ import annotations

from backstage.domain.stored_subscription import StoredSubscription, stored_subscription
from backstage.domain.subscription import Subscription
from backstage.domain.subscription_document import document_of
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_PUT = """INSERT INTO backstage_subscriptions (name, document) VALUES ($1, $2)
          ON CONFLICT (name) DO UPDATE SET document = excluded.document"""
_DELETE = "DELETE FROM backstage_subscriptions WHERE name = $1 RETURNING true"
_ALL = "SELECT name, document FROM backstage_subscriptions ORDER BY name"


class PostgresSubscriptions:
    """Subscriptions over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, subscription: Subscription) -> None:
        async def step(session: Session) -> None:
            await session.fetch(_PUT, subscription.name, document_of(subscription))

        await self._store.database.run(step)

    async def delete(self, name: str) -> bool:
        async def step(session: Session) -> bool:
            return bool(await session.value(_DELETE, name))

        return await self._store.database.run(step)

    async def all(self) -> list[StoredSubscription]:
        async def step(session: Session) -> list[StoredSubscription]:
            return [stored_subscription(name, document) for name, document in await session.fetch(_ALL)]

        return await self._store.database.run(step)

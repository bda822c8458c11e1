from __future__ import annotations

import sqlite3

from backstage.domain.stored_subscription import StoredSubscription, stored_subscription
from backstage.domain.subscription import Subscription
from backstage.domain.subscription_document import document_of
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_PUT = """INSERT INTO backstage_subscriptions (name, document) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET document = excluded.document"""
_DELETE = "DELETE FROM backstage_subscriptions WHERE name = ?"
_ALL = "SELECT name, document FROM backstage_subscriptions ORDER BY name"


class SqliteSubscriptions:
    """Subscriptions over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def put(self, subscription: Subscription) -> None:
        def step(transaction: Transaction) -> None:
            transaction.cursor.execute(_PUT, (subscription.name, document_of(subscription)))

        await self._writer.run(step)

    async def delete(self, name: str) -> bool:
        def step(transaction: Transaction) -> bool:
            return transaction.cursor.execute(_DELETE, (name,)).rowcount == 1

        return await self._writer.run(step)

    async def all(self) -> list[StoredSubscription]:
        return await self._reader.run(_all)


def _all(connection: sqlite3.Connection) -> list[StoredSubscription]:
    return [stored_subscription(name, document) for name, document in connection.execute(_ALL)]

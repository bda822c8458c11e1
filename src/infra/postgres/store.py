from __future__ import annotations

from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.infra.postgres.counts import Counts
from backstage.infra.postgres.database import Database
from backstage.infra.postgres.lanes import Lanes
from backstage.infra.postgres.notifier import Notifier
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import qualified
from backstage.infra.server_time import ServerTime

IDENTITY = "SELECT current_database(), (SELECT oid::bigint FROM pg_class WHERE oid = to_regclass($1::text))"
"""Which store it is that a connection sees: the database, and the number of its table."""


@dataclass(frozen=True, slots=True)
class Store:
    """What the ports of one backend share."""

    database: Database
    time: ServerTime
    lanes: Lanes
    counts: Counts
    notifier: Notifier

    @classmethod
    def over(cls, database: Database, time: ServerTime) -> Store:
        schema = database.connector.location.schema
        return cls(database, time, Lanes(database), Counts(database, schema), Notifier(database, time))

    async def identity(self) -> tuple[Any, ...]:
        async def step(session: Session) -> tuple[Any, ...]:
            [row] = await session.fetch(IDENTITY, qualified("backstage_tasks", self.database.connector.location.schema))
            return tuple(row)

        return await self.database.run(step)

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from backstage.domain.failure_group import KEPT_FOR as GROUPS_KEPT_FOR
from backstage.domain.failure_group import FailureGroup
from backstage.domain.history import GRAINS, KEPT_FOR, HistoryQuery, HistoryRow
from backstage.domain.ports.run_history import HistoryBatch
from backstage.infra.history_row import failure_group_of, history_row_of, reading_for
from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.postgres.columns import HISTORY, SIGHTING
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store

_WRITER_KEPT_FOR = 86_400.0
_MARK = """UPDATE backstage_failure_groups
              SET is_muted = coalesce($2::boolean, is_muted),
                  note = CASE WHEN $3::text IS NULL THEN note ELSE nullif($3::text, '') END
            WHERE fingerprint = $1 RETURNING true"""


class PostgresRunHistory:
    """RunHistory over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, batch: HistoryBatch) -> None:
        rows, sightings = HISTORY.values(batch.rows), SIGHTING.values(batch.sightings)

        async def step(session: Session) -> None:
            await session.fetch(
                statement("add_history"),
                self._store.time.now(),
                batch.writer,
                batch.number,
                list(GRAINS),
                *rows,
                *sightings,
            )

        await self._store.database.run(step)

    async def read(self, query: HistoryQuery) -> list[HistoryRow]:
        moments = query.moments()
        sql = reading_for(query, statement("read_history"))

        async def step(session: Session) -> list[HistoryRow]:
            rows = await session.fetch(
                sql,
                query.grain,
                query.step * 1_000_000,
                to_micros(moments[0]),
                to_micros(moments[-1]) + query.step * 1_000_000,
                query.queue,
                query.type,
                "queue" in query.by,
                "type" in query.by,
            )
            return [history_row_of(row) for row in rows]

        return await self._store.database.run(step)

    async def failure_groups(
        self, since: datetime, limit: int, before: tuple[datetime, str] | None, type: str | None
    ) -> list[FailureGroup]:
        moment, fingerprint = (None, None) if before is None else (to_micros(before[0]), before[1])

        async def step(session: Session) -> list[FailureGroup]:
            now = self._store.time.now()
            rows = await session.fetch(
                statement("list_failure_groups"), now, to_micros(since), moment, fingerprint, type, limit
            )
            return [_group_of(*row) for row in rows]

        return await self._store.database.run(step)

    async def mark_failure_group(
        self, fingerprint: str, *, is_muted: bool | None = None, note: str | None = None
    ) -> bool:
        async def step(session: Session) -> bool:
            return bool(await session.value(_MARK, fingerprint, is_muted, note))

        return await self._store.database.run(step)

    async def forget(self) -> None:
        async def step(session: Session) -> None:
            await session.fetch(
                statement("forget_history"),
                self._store.time.now(),
                list(KEPT_FOR),
                [ticks(kept.total_seconds()) for kept in KEPT_FOR.values()],
                ticks(_WRITER_KEPT_FOR),
                ticks(GROUPS_KEPT_FOR.total_seconds()),
            )

        await self._store.database.run(step)


def _group_of(now: int, hours: str, *row: Any) -> FailureGroup:
    by_hour = {int(hour): runs for hour, runs in json.loads(hours).items()}
    return failure_group_of(row, by_hour, from_micros(now))

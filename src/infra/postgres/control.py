from __future__ import annotations

from backstage.domain.ports.queue_control import Pause
from backstage.infra.moments import from_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_PAUSE = """INSERT INTO backstage_pauses (kind, name, since, paused_by, reason)
            VALUES ($1, $2, coalesce($3::bigint, backstage_now()), $4, $5) ON CONFLICT DO NOTHING RETURNING true"""
_RESUME = "DELETE FROM backstage_pauses WHERE kind = $1 AND name = $2 RETURNING true"
_PAUSED = "SELECT * FROM backstage_pauses ORDER BY kind, name"
"""A store that an earlier release made has the first three columns alone: kind, name, since."""


class PostgresControl:
    """QueueControl over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def pause(self, kind: str, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        async def step(session: Session) -> bool:
            return bool(await session.value(_PAUSE, kind, name, self._store.time.now(), by, reason))

        return await self._store.database.run(step)

    async def resume(self, kind: str, name: str) -> bool:
        async def step(session: Session) -> bool:
            return bool(await session.value(_RESUME, kind, name))

        was_paused = await self._store.database.run(step)
        self._store.notifier.wake()
        return was_paused

    async def paused(self) -> list[Pause]:
        return await self._store.database.run(paused)


async def paused(session: Session) -> list[Pause]:
    return [
        Pause(kind, name, from_micros(since), *by_and_reason)
        for kind, name, since, *by_and_reason in await session.fetch(_PAUSED)
    ]

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backstage.domain.event_log import MOST_EVENT_BYTES, MOST_EVENTS, NewEvent
from backstage.domain.ports.task_events import StoredEvent
from backstage.domain.run_log import RunLog
from backstage.domain.standing import Standing
from backstage.infra.event_row import event_of, standing_of
from backstage.infra.moments import ticks
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.task_ids import is_id

_LINES = "SELECT task_id::text, fence, attempt, lines FROM backstage_run_logs WHERE task_id = $1::uuid ORDER BY fence"


class PostgresTaskEvents:
    """TaskEvents over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def append(self, events: Sequence[NewEvent]) -> frozenset[str]:
        async def step(session: Session) -> frozenset[str]:
            rows = await session.fetch(
                statement("append_events"),
                self._store.time.now(),
                [event.task_id for event in events],
                [event.fence for event in events],
                [event.place for event in events],
                [event.attempt for event in events],
                [event.kind.value for event in events],
                [event.data_json for event in events],
                [event.size for event in events],
                MOST_EVENTS,
                MOST_EVENT_BYTES,
            )
            return frozenset(event.task_id for event in events) - {task_id for (task_id,) in rows}

        return await self._store.database.run(step)

    async def read(self, after: Mapping[str, int], limit: int) -> Mapping[str, Sequence[StoredEvent]]:
        async def step(session: Session) -> dict[str, list[StoredEvent]]:
            found: dict[str, list[StoredEvent]] = {}
            known = {task_id: number for task_id, number in after.items() if is_id(task_id)}
            rows = await session.fetch(statement("read_events"), list(known), list(known.values()), limit)
            for task_id, *event in rows:
                found.setdefault(task_id, []).append(event_of(*event))
            return found

        return await self._store.database.run(step)

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        async def step(session: Session) -> dict[str, Standing]:
            rows = await session.fetch(statement("task_standings"), list(filter(is_id, task_ids)))
            return {task_id: standing_of(*stands) for task_id, *stands in rows}

        return await self._store.database.run(step)

    async def keep_lines(self, logs: Sequence[RunLog]) -> None:
        async def step(session: Session) -> None:
            await session.fetch(
                statement("keep_lines"),
                [log.task_id for log in logs],
                [log.fence for log in logs],
                [log.attempt for log in logs],
                [log.lines_json for log in logs],
            )

        await self._store.database.run(step)

    async def lines(self, task_id: str) -> Sequence[RunLog]:
        async def step(session: Session) -> list[RunLog]:
            return [RunLog(*row) for row in await session.fetch(_LINES, task_id)]

        if not is_id(task_id):
            return []
        return await self._store.database.run(step)

    async def forget_results(self, limit: int) -> int:
        async def step(session: Session) -> int:
            forgotten: int = await session.value(statement("forget_results"), self._store.time.now(), limit)
            return forgotten

        return await self._store.database.run(step)

    async def forget(self, kept_for: float, limit: int) -> int:
        async def step(session: Session) -> int:
            forgotten: int = await session.value(
                statement("forget_events"), self._store.time.now(), ticks(kept_for), limit
            )
            return forgotten

        return await self._store.database.run(step)

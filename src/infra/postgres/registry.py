from __future__ import annotations

import json

from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.infra.moments import ticks, to_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.worker_row import answer_of, details_text, stacks_of, stacks_text, workers_of

_FORGOTTEN_AFTER = 86_400.0
_LEAVE = "DELETE FROM backstage_workers WHERE id = $1"
_ORDER = "UPDATE backstage_workers SET wanted = $2 WHERE id = $1 RETURNING id"
_REQUEST_STACKS = """UPDATE backstage_workers SET stacks_request = coalesce(stacks_request, $2) WHERE id = $1
                     RETURNING stacks_request"""
_PUT_STACKS = "UPDATE backstage_workers SET stacks = $2, stacks_request = NULL WHERE id = $1"
_STACKS = "SELECT stacks FROM backstage_workers WHERE id = $1"
_SEEN = """SELECT id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping,
                  lease, release, ranks, details, wanted, coalesce($1::bigint, backstage_now())
             FROM backstage_workers WHERE seen_at >= coalesce($1::bigint, backstage_now()) - $2::bigint ORDER BY id"""


class PostgresRegistry:
    """WorkerRegistry over the server. Reading stays reading: those unseen for a day are deleted at the next beat."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation: str | None = None

    async def beat(self, worker: WorkerInfo) -> BeatAnswer:
        async def step(session: Session) -> BeatAnswer:
            [row] = await session.fetch(
                statement("beat_worker"),
                self._store.time.now(),
                worker.id,
                worker.host,
                worker.pid,
                to_micros(worker.started_at),
                worker.concurrency,
                json.dumps(worker.queues),
                json.dumps(worker.types),
                json.dumps(worker.running),
                worker.is_stopping,
                ticks(_FORGOTTEN_AFTER),
                worker.lease,
                worker.release,
                json.dumps(worker.ranks) if worker.ranks else None,
                details_text(worker),
            )
            return answer_of(row)

        answer = await self._store.database.run(step)
        if answer.generation != self._generation:
            self._store.lanes.forget()
            self._generation = answer.generation
        return answer

    async def leave(self, worker_id: str) -> None:
        async def step(session: Session) -> None:
            await session.fetch(_LEAVE, worker_id)

        await self._store.database.run(step)

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        async def step(session: Session) -> list[WorkerInfo]:
            return await workers(session, self._store.time.now(), seen_within)

        return await self._store.database.run(step)

    async def give_order(self, worker_id: str, order: WorkerOrder) -> bool:
        return await self._value(_ORDER, worker_id, str(order)) is not None

    async def request_stacks(self, worker_id: str, request: str) -> str | None:
        return await self._value(_REQUEST_STACKS, worker_id, request)

    async def put_stacks(self, worker_id: str, stacks: WorkerStacks) -> None:
        await self._value(_PUT_STACKS, worker_id, stacks_text(stacks))

    async def stacks(self, worker_id: str) -> WorkerStacks | None:
        return stacks_of(await self._value(_STACKS, worker_id))

    async def _value(self, sql: str, *arguments: str) -> str | None:
        async def step(session: Session) -> str | None:
            value: str | None = await session.value(sql, *arguments)
            return value

        return await self._store.database.run(step)


async def workers(session: Session, now: int | None, seen_within: float) -> list[WorkerInfo]:
    """Those that beat in the last `seen_within` seconds, by id. `now` is in microseconds, None for the server's."""
    return workers_of(await session.fetch(_SEEN, now, ticks(min(seen_within, _FORGOTTEN_AFTER))))

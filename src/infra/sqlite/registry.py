from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from functools import partial

from backstage.domain.ports.clock import Clock
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.infra.worker_row import workers_of

_FORGOTTEN_AFTER = timedelta(days=1)
_GENERATION = "SELECT id FROM backstage_generation"
_NEW_GENERATION = """INSERT INTO backstage_generation (single, id) VALUES (1, lower(hex(randomblob(16))))
                        ON CONFLICT (single) DO NOTHING"""
_LEAVE = "DELETE FROM backstage_workers WHERE id = ?"
_FORGET = "DELETE FROM backstage_workers WHERE seen_at < ?"
_SEEN = """SELECT id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping,
                  lease, release, ranks, ?
             FROM backstage_workers WHERE seen_at >= ? ORDER BY id"""


class SqliteRegistry:
    """WorkerRegistry over the file. Reading stays reading: those unseen for a day are deleted at the next beat."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    async def beat(self, worker: WorkerInfo) -> str:
        return await self._writer.run(partial(_beat, worker))

    async def leave(self, worker_id: str) -> None:
        await self._writer.run(partial(_leave, worker_id))

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        now = self._clock.now()
        oldest = now - min(timedelta(seconds=seen_within), _FORGOTTEN_AFTER)
        return await self._reader.run(partial(workers, to_micros(now), to_micros(oldest)))


def _beat(worker: WorkerInfo, transaction: Transaction) -> str:
    now = transaction.now()
    transaction.cursor.execute(_FORGET, (to_micros(now - _FORGOTTEN_AFTER),))
    transaction.cursor.execute(
        statement("beat_worker"),
        (
            worker.id,
            worker.host,
            worker.pid,
            to_micros(worker.started_at),
            to_micros(now),
            worker.concurrency,
            json.dumps(worker.queues),
            json.dumps(worker.types),
            json.dumps(worker.running),
            worker.is_stopping,
            worker.lease,
            worker.release,
            json.dumps(worker.ranks) if worker.ranks else None,
        ),
    )
    transaction.cursor.execute(_NEW_GENERATION)
    generation: str = transaction.cursor.execute(_GENERATION).fetchone()[0]
    return generation


def _leave(worker_id: str, transaction: Transaction) -> None:
    transaction.cursor.execute(_LEAVE, (worker_id,))


def workers(now: int, oldest: int, connection: sqlite3.Connection) -> list[WorkerInfo]:
    """Those that beat since `oldest`, both in microseconds, by id."""
    return workers_of(connection.execute(_SEEN, (now, oldest)))

from __future__ import annotations

import json
import math
import sqlite3
from datetime import timedelta
from functools import partial

from backstage.domain.ports.clock import Clock
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.infra.worker_row import answer_of, details_text, stacks_of, stacks_text, workers_of

_FORGOTTEN_AFTER = timedelta(days=1)
_FORGETS_EVERY = 3600.0
_NEW_GENERATION = """INSERT INTO backstage_generation (single, id) VALUES (1, lower(hex(randomblob(16))))
                     RETURNING id"""
_LEAVE = "DELETE FROM backstage_workers WHERE id = ?"
_FORGET = "DELETE FROM backstage_workers WHERE seen_at < ?"
_ORDER = "UPDATE backstage_workers SET wanted = ? WHERE id = ?"
_REQUEST_STACKS = """UPDATE backstage_workers SET stacks_request = coalesce(stacks_request, ?) WHERE id = ?
                     RETURNING stacks_request"""
_PUT_STACKS = "UPDATE backstage_workers SET stacks = ?, stacks_request = NULL WHERE id = ?"
_STACKS = "SELECT stacks FROM backstage_workers WHERE id = ?"
_SEEN = """SELECT id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping,
                  lease, release, ranks, details, wanted, ?
             FROM backstage_workers WHERE seen_at >= ? ORDER BY id"""


class SqliteRegistry:
    """WorkerRegistry over the file. Reading stays reading: those unseen for a day are deleted at a beat of a later
    hour."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock
        self._next_forgetting = -math.inf

    async def beat(self, worker: WorkerInfo) -> BeatAnswer:
        forgets = self._clock.monotonic() >= self._next_forgetting
        answer = await self._writer.run(partial(_beat, worker, forgets))
        if forgets:
            self._next_forgetting = self._clock.monotonic() + _FORGETS_EVERY
        return answer

    async def leave(self, worker_id: str) -> None:
        await self._writer.run(partial(_leave, worker_id))

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        now = self._clock.now()
        oldest = now - min(timedelta(seconds=seen_within), _FORGOTTEN_AFTER)
        return await self._reader.run(partial(workers, to_micros(now), to_micros(oldest)))

    async def give_order(self, worker_id: str, order: WorkerOrder) -> bool:
        return await self._writer.run(partial(_give_order, worker_id, order))

    async def request_stacks(self, worker_id: str, request: str) -> str | None:
        return await self._writer.run(partial(_request_stacks, worker_id, request))

    async def put_stacks(self, worker_id: str, stacks: WorkerStacks) -> None:
        await self._writer.run(partial(_put_stacks, worker_id, stacks))

    async def stacks(self, worker_id: str) -> WorkerStacks | None:
        return await self._reader.run(partial(_stacks, worker_id))


def _beat(worker: WorkerInfo, forgets: bool, transaction: Transaction) -> BeatAnswer:
    now = transaction.now()
    if forgets:
        transaction.cursor.execute(_FORGET, (to_micros(now - _FORGOTTEN_AFTER),))
    generation, *told = transaction.cursor.execute(
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
            details_text(worker),
        ),
    ).fetchone()
    if generation is None:
        generation = transaction.cursor.execute(_NEW_GENERATION).fetchone()[0]
    return answer_of((generation, *told))


def _leave(worker_id: str, transaction: Transaction) -> None:
    transaction.cursor.execute(_LEAVE, (worker_id,))


def _give_order(worker_id: str, order: WorkerOrder, transaction: Transaction) -> bool:
    return transaction.cursor.execute(_ORDER, (order, worker_id)).rowcount == 1


def _request_stacks(worker_id: str, request: str, transaction: Transaction) -> str | None:
    row = transaction.cursor.execute(_REQUEST_STACKS, (request, worker_id)).fetchone()
    return None if row is None else str(row[0])


def _put_stacks(worker_id: str, stacks: WorkerStacks, transaction: Transaction) -> None:
    transaction.cursor.execute(_PUT_STACKS, (stacks_text(stacks), worker_id))


def _stacks(worker_id: str, connection: sqlite3.Connection) -> WorkerStacks | None:
    row = connection.execute(_STACKS, (worker_id,)).fetchone()
    return None if row is None else stacks_of(row[0])


def workers(now: int, oldest: int, connection: sqlite3.Connection) -> list[WorkerInfo]:
    """Those that beat since `oldest`, both in microseconds, by id."""
    return workers_of(connection.execute(_SEEN, (now, oldest)))

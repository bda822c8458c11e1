from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from backstage.domain.failure_group import KEPT_FOR as GROUPS_KEPT_FOR
from backstage.domain.failure_group import MOST_SAMPLES, FailureGroup, FailureSighting
from backstage.domain.history import GRAINS, HOUR, KEPT_FOR, HistoryQuery, HistoryRow, floored
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.run_history import HistoryBatch
from backstage.infra.history_row import failure_group_of, first_hour, history_row_of, history_values, reading_for
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_WRITER_KEPT_FOR = timedelta(days=1)
_KNOWN = """INSERT INTO backstage_history_writers AS known (id, number, at) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET number = excluded.number, at = excluded.at
             WHERE known.number < excluded.number"""
_SAMPLES = "SELECT task_ids FROM backstage_failure_groups WHERE fingerprint = ?"
_HOUR = """INSERT INTO backstage_failure_hours AS stored (fingerprint, hour, runs) VALUES (?, ?, ?)
           ON CONFLICT (fingerprint, hour) DO UPDATE SET runs = stored.runs + excluded.runs"""
_HOURS = "SELECT hour, runs FROM backstage_failure_hours WHERE fingerprint = ? AND hour >= ?"
_MARK = """UPDATE backstage_failure_groups
              SET is_muted = coalesce(?, is_muted), note = CASE WHEN ? IS NULL THEN note ELSE nullif(?, '') END
            WHERE fingerprint = ?"""
_FORGET_ROWS = "DELETE FROM backstage_history WHERE grain = ? AND at < ?"
_FORGET_WRITERS = "DELETE FROM backstage_history_writers WHERE at < ?"
_FORGET_HOURS = "DELETE FROM backstage_failure_hours WHERE hour < ?"
_FORGET_GROUPS = "DELETE FROM backstage_failure_groups WHERE last_seen < ?"


class SqliteRunHistory:
    """RunHistory over the file."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    async def add(self, batch: HistoryBatch) -> None:
        await self._writer.run(partial(_add, batch))

    async def read(self, query: HistoryQuery) -> list[HistoryRow]:
        return await self._reader.run(partial(_read, query))

    async def failure_groups(
        self, since: datetime, limit: int, before: tuple[datetime, str] | None, type: str | None
    ) -> list[FailureGroup]:
        return await self._reader.run(partial(_failure_groups, since, limit, before, type, self._clock.now()))

    async def mark_failure_group(
        self, fingerprint: str, *, is_muted: bool | None = None, note: str | None = None
    ) -> bool:
        def step(transaction: Transaction) -> bool:
            return transaction.cursor.execute(_MARK, (is_muted, note, note, fingerprint)).rowcount == 1

        return await self._writer.run(step)

    async def forget(self) -> None:
        await self._writer.run(_forget)


def _add(batch: HistoryBatch, transaction: Transaction) -> None:
    cursor, now = transaction.cursor, transaction.now()
    if cursor.execute(_KNOWN, (batch.writer, batch.number, to_micros(now))).rowcount == 0:
        return
    rows = [
        (grain, to_micros(floored(row.point.at, grain)), row.queue, row.type, *history_values(row.point))
        for row in batch.rows
        for grain in GRAINS
    ]
    cursor.executemany(statement("add_history"), rows)
    for sighting in batch.sightings:
        _see(sighting, cursor)


def _see(sighting: FailureSighting, cursor: sqlite3.Cursor) -> None:
    known = cursor.execute(_SAMPLES, (sighting.fingerprint,)).fetchone()
    samples = list(dict.fromkeys([*sighting.task_ids, *(json.loads(known[0]) if known else ())]))[:MOST_SAMPLES]
    at = to_micros(sighting.at)
    cursor.execute(
        statement("see_failures"),
        (
            *(sighting.fingerprint, sighting.task_type, sighting.error, sighting.line, sighting.message),
            *(sighting.tasks, sighting.runs, at, at, json.dumps(samples)),
        ),
    )
    cursor.execute(_HOUR, (sighting.fingerprint, to_micros(floored(sighting.at, HOUR)), sighting.runs))


def _read(query: HistoryQuery, connection: sqlite3.Connection) -> list[HistoryRow]:
    moments = query.moments()
    sql = reading_for(query, statement("read_history"))
    rows = connection.execute(
        sql,
        {
            "grain": query.grain,
            "step": query.step * 1_000_000,
            "since": to_micros(moments[0]),
            "until": to_micros(moments[-1]) + query.step * 1_000_000,
            "queue": query.queue,
            "type": query.type,
            "by_queue": "queue" in query.by,
            "by_type": "type" in query.by,
        },
    )
    return [history_row_of(row) for row in rows]


def _failure_groups(
    since: datetime,
    limit: int,
    before: tuple[datetime, str] | None,
    type: str | None,
    now: datetime,
    connection: sqlite3.Connection,
) -> list[FailureGroup]:
    moment, fingerprint = (None, None) if before is None else (to_micros(before[0]), before[1])
    rows = connection.execute(
        statement("list_failure_groups"),
        {"since": to_micros(since), "moment": moment, "fingerprint": fingerprint, "type": type, "limit": limit},
    ).fetchall()
    return [failure_group_of(row, _hours(row[0], now, connection), now) for row in rows]


def _hours(fingerprint: Any, now: datetime, connection: sqlite3.Connection) -> dict[int, int]:
    return dict(connection.execute(_HOURS, (fingerprint, to_micros(first_hour(now)))).fetchall())


def _forget(transaction: Transaction) -> None:
    cursor, now = transaction.cursor, transaction.now()
    for grain in GRAINS:
        cursor.execute(_FORGET_ROWS, (grain, to_micros(now - KEPT_FOR[grain])))
    cursor.execute(_FORGET_WRITERS, (to_micros(now - _WRITER_KEPT_FOR),))
    cursor.execute(_FORGET_HOURS, (to_micros(first_hour(now)),))
    cursor.execute(_FORGET_GROUPS, (to_micros(now - GROUPS_KEPT_FOR),))

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from backstage.domain.event_log import MOST_EVENT_BYTES, MOST_EVENTS, LogEntry, NewEvent, following
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_events import StoredEvent
from backstage.domain.run_log import RunLog
from backstage.domain.standing import Standing
from backstage.infra.event_row import event_of, standing_of
from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_IS_HELD = "SELECT 1 FROM backstage_tasks WHERE id = ? AND state = 'running' AND deliveries = ?"
_LAST = """SELECT number, fence, place, attempt, kind, '', size, total FROM backstage_task_events
            WHERE task_id = ? ORDER BY number DESC LIMIT 1"""
_BEGIN = "INSERT INTO backstage_event_logs (task_id, since) VALUES (?, ?) ON CONFLICT (task_id) DO NOTHING"
_ADD = """INSERT INTO backstage_task_events (task_id, number, fence, place, attempt, kind, at, data, size, total)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_DROP = "DELETE FROM backstage_task_events WHERE task_id = ? AND (number <= ? OR total - size < ?)"
_READ = """SELECT number, kind, at, attempt, data FROM backstage_task_events
            WHERE task_id = ? AND number > ? ORDER BY number LIMIT ?"""
_KEEP_LINES = """INSERT INTO backstage_run_logs (task_id, fence, attempt, lines)
                 SELECT id, ?, ?, ? FROM backstage_tasks WHERE id = ?
                 ON CONFLICT (task_id, fence) DO NOTHING"""
_LINES = "SELECT task_id, fence, attempt, lines FROM backstage_run_logs WHERE task_id = ? ORDER BY fence"
_PUT_OFF = "UPDATE backstage_event_logs SET since = ? WHERE task_id = ?"
_FORGET = ("DELETE FROM backstage_task_events WHERE task_id = ?", "DELETE FROM backstage_event_logs WHERE task_id = ?")

_DUE_RESULTS = "SELECT task_id FROM backstage_result_ends WHERE is_gone = 0 AND until <= ? ORDER BY until LIMIT ?"
_FORGET_RESULT = (
    "UPDATE backstage_tasks SET result = NULL WHERE id = ? AND state = 'completed'",
    "UPDATE backstage_result_ends SET is_gone = 1 WHERE task_id = ?",
)


class SqliteTaskEvents:
    """TaskEvents over the file."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    async def append(self, events: Sequence[NewEvent]) -> frozenset[str]:
        return await self._writer.run(partial(_append, events))

    async def read(self, after: Mapping[str, int], limit: int) -> Mapping[str, Sequence[StoredEvent]]:
        return await self._reader.run(partial(_read, after, limit))

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        return await self._reader.run(partial(_standings, list(task_ids)))

    async def keep_lines(self, logs: Sequence[RunLog]) -> None:
        await self._writer.run(partial(_keep_lines, logs))

    async def lines(self, task_id: str) -> Sequence[RunLog]:
        return await self._reader.run(partial(_lines, task_id))

    async def forget_results(self, limit: int) -> int:
        due = await self._reader.run(partial(_due_results, to_micros(self._clock.now()), limit))
        if due:
            await self._writer.run(partial(_forget_results, due))
        return len(due)

    async def forget(self, kept_for: float, limit: int) -> int:
        due = await self._reader.run(partial(_due, to_micros(self._clock.now()) - ticks(kept_for), limit))
        return await self._writer.run(partial(_forget, due, kept_for)) if due else 0


def _append(events: Sequence[NewEvent], transaction: Transaction) -> frozenset[str]:
    lost = set()
    for claim, of_run in groupby(events, key=lambda event: (event.task_id, event.fence)):
        if transaction.cursor.execute(_IS_HELD, claim).fetchone() is None:
            lost.add(claim[0])
        else:
            _add(claim[0], list(of_run), transaction)
    return frozenset(lost)


def _add(task_id: str, events: list[NewEvent], transaction: Transaction) -> None:
    cursor, now = transaction.cursor, to_micros(transaction.now())
    row = cursor.execute(_LAST, (task_id,)).fetchone()
    entries = following(None if row is None else LogEntry(*row), events)
    if row is None:
        cursor.execute(_BEGIN, (task_id, now))
    cursor.executemany(_ADD, [_row_of(task_id, entry, now) for entry in entries])
    if entries:
        last = entries[-1]
        cursor.execute(_DROP, (task_id, last.number - MOST_EVENTS, last.total - MOST_EVENT_BYTES))


def _row_of(task_id: str, entry: LogEntry, now: int) -> tuple[Any, ...]:
    return (
        *(task_id, entry.number, entry.fence, entry.place, entry.attempt, entry.kind.value),
        *(now, entry.data_json, entry.size, entry.total),
    )


def _read(after: Mapping[str, int], limit: int, connection: sqlite3.Connection) -> dict[str, list[StoredEvent]]:
    found: dict[str, list[StoredEvent]] = {}
    for task_id, number in after.items():
        rows = connection.execute(_READ, (task_id, number, limit)).fetchall()
        if rows:
            found[task_id] = [event_of(*row) for row in rows]
    return found


def _standings(task_ids: list[str], connection: sqlite3.Connection) -> dict[str, Standing]:
    rows = connection.execute(statement("task_standings"), (json.dumps(task_ids),))
    return {row[0]: standing_of(*row[1:]) for row in rows}


def _keep_lines(logs: Sequence[RunLog], transaction: Transaction) -> None:
    rows = [(log.fence, log.attempt, log.lines_json, log.task_id) for log in logs]
    transaction.cursor.executemany(_KEEP_LINES, rows)


def _lines(task_id: str, connection: sqlite3.Connection) -> list[RunLog]:
    return [RunLog(*row) for row in connection.execute(_LINES, (task_id,))]


def _due_results(now: int, limit: int, connection: sqlite3.Connection) -> list[tuple[str]]:
    return [(task_id,) for (task_id,) in connection.execute(_DUE_RESULTS, (now, limit))]


def _forget_results(due: list[tuple[str]], transaction: Transaction) -> None:
    for forget in _FORGET_RESULT:
        transaction.cursor.executemany(forget, due)


def _due(oldest: int, limit: int, connection: sqlite3.Connection) -> list[tuple[str, str | None, int | None]]:
    """Logs that were kept long enough to be looked at, with the state and the end of their tasks."""
    return [tuple(row) for row in connection.execute(statement("logs_to_forget"), (oldest, limit))]


def _forget(due: list[tuple[str, str | None, int | None]], kept_for: float, transaction: Transaction) -> int:
    now = transaction.now()
    over, later = [], []
    for task_id, state, finished_at in due:
        since = _since(state, finished_at, now)
        if since is None or since < now - timedelta(seconds=kept_for):
            over.append((task_id,))
        else:
            later.append((to_micros(since), task_id))
    transaction.cursor.executemany(_PUT_OFF, later)
    for forget in _FORGET:
        transaction.cursor.executemany(forget, over)
    return len(over)


def _since(state: str | None, finished_at: int | None, now: datetime) -> datetime | None:
    """From when on the log is kept for a time: the end of its task, or now while that may go on."""
    if state is None:
        return None
    return now if finished_at is None else from_micros(finished_at)

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from backstage.domain.cron_document import document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule, pause_of_schedule
from backstage.domain.stored_schedule import StoredSchedule, schedule_of
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.sqlite.add import add_task
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_BY_NAME = """SELECT name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason
                FROM backstage_schedules WHERE name = ?"""
_ALL = """SELECT name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason
            FROM backstage_schedules ORDER BY name"""
_RESTORE = """INSERT INTO backstage_schedules (name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason)
              VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_DELETE = "DELETE FROM backstage_schedules WHERE name = ?"
_PAUSE = """UPDATE backstage_schedules
               SET is_paused = 1, paused_since = max(?, last_tick), paused_by = ?, pause_reason = ?
             WHERE name = ? AND NOT is_paused"""
_RESUME = """UPDATE backstage_schedules
                SET is_paused = 0, last_tick = ?, paused_since = NULL, paused_by = NULL, pause_reason = NULL
              WHERE name = ? AND is_paused"""


class SqliteSchedules:
    """ScheduleRepository over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def put(self, cron: CronTask) -> Schedule:
        return await self._writer.run(partial(_put, cron))

    async def find(self, name: str) -> StoredSchedule | None:
        return await self._reader.run(partial(_find, name))

    async def all(self) -> list[StoredSchedule]:
        return await self._reader.run(_all)

    async def restore(self, schedule: Schedule) -> bool:
        return await self._writer.run(partial(_restore, schedule))

    async def delete(self, name: str) -> bool:
        return await self._writer.run(lambda transaction: _has_changed(transaction, _DELETE, name))

    async def pause(self, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        return await self._writer.run(
            lambda transaction: _has_changed(transaction, _PAUSE, to_micros(transaction.now()), by, reason, name)
        )

    async def resume(self, name: str) -> bool:
        return await self._writer.run(
            lambda transaction: _has_changed(transaction, _RESUME, to_micros(transaction.now()), name)
        )

    async def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        return await self._writer.enqueue(partial(_fire, schedule, until, tasks))


def _put(cron: CronTask, transaction: Transaction) -> Schedule:
    parameters = (cron.name, document_of(cron), to_micros(transaction.now()))
    last_tick, is_paused, *noted = transaction.cursor.execute(statement("put_schedule"), parameters).fetchone()
    pause = _pause_of(cron.name, last_tick, is_paused, noted)
    return Schedule(cron=cron, last_tick=from_micros(last_tick), is_paused=bool(is_paused), pause=pause)


def _find(name: str, connection: sqlite3.Connection) -> StoredSchedule | None:
    row = connection.execute(_BY_NAME, (name,)).fetchone()
    return None if row is None else _schedule_of(row)


def _all(connection: sqlite3.Connection) -> list[StoredSchedule]:
    return [_schedule_of(row) for row in connection.execute(_ALL)]


def _restore(schedule: Schedule, transaction: Transaction) -> bool:
    stored = (schedule.name, document_of(schedule.cron), to_micros(schedule.last_tick), schedule.is_paused)
    pause = schedule.pause
    noted = (to_micros(pause.since), pause.by, pause.reason) if pause else (None, None, None)
    return _has_changed(transaction, _RESTORE, *stored, *noted)


def _fire(schedule: Schedule, until: datetime, tasks: Sequence[Task], transaction: Transaction) -> bool:
    decided = (to_micros(until), schedule.name, to_micros(schedule.last_tick))
    if not _has_changed(transaction, statement("advance_schedule"), *decided):
        return False
    now = transaction.now()
    for task in tasks:
        add_task(transaction.cursor, transaction.counts, task, now)
    transaction.makes_work = True
    return True


def _has_changed(transaction: Transaction, sql: str, *parameters: object) -> bool:
    return transaction.cursor.execute(sql, parameters).rowcount == 1


def _schedule_of(row: Sequence[Any]) -> StoredSchedule:
    name, document, last_tick, is_paused, *noted = row
    pause = _pause_of(name, last_tick, is_paused, noted)
    return schedule_of(name, document, from_micros(last_tick), bool(is_paused), pause)


def _pause_of(name: str, last_tick: int, is_paused: int, noted: Sequence[Any]) -> Pause | None:
    since, by, reason = noted
    if not is_paused or since is None:
        return None
    return pause_of_schedule(name, from_micros(last_tick), from_micros(since), by, reason)

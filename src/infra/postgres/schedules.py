from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backstage.domain.cron_document import document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule, pause_of_schedule
from backstage.domain.stored_schedule import StoredSchedule, schedule_of
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.postgres.add import add_tasks
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_PUT = """INSERT INTO backstage_schedules (name, cron, last_tick) VALUES ($1, $2, coalesce($3::bigint, backstage_now()))
          ON CONFLICT (name) DO UPDATE SET cron = excluded.cron
          RETURNING name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason"""
_RESTORE = """INSERT INTO backstage_schedules (name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason)
              VALUES ($1, $2, $3, $4, $5, $6, $7)
              ON CONFLICT (name) DO NOTHING RETURNING true"""
_FIND = """SELECT name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason
             FROM backstage_schedules WHERE name = $1"""
_ALL = """SELECT name, cron, last_tick, is_paused, paused_since, paused_by, pause_reason
            FROM backstage_schedules ORDER BY name"""
_DELETE = "DELETE FROM backstage_schedules WHERE name = $1 RETURNING true"
_PAUSE = """UPDATE backstage_schedules
               SET is_paused = true, paused_since = greatest(coalesce($2::bigint, backstage_now()), last_tick),
                   paused_by = $3, pause_reason = $4
             WHERE name = $1 AND NOT is_paused RETURNING true"""
_RESUME = """UPDATE backstage_schedules
                SET is_paused = false, last_tick = coalesce($2::bigint, backstage_now()),
                    paused_since = NULL, paused_by = NULL, pause_reason = NULL
              WHERE name = $1 AND is_paused RETURNING true"""
_DECIDE = """UPDATE backstage_schedules SET last_tick = $3
              WHERE name = $1 AND last_tick = $2 AND NOT is_paused RETURNING true"""


class PostgresSchedules:
    """ScheduleRepository over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, cron: CronTask) -> Schedule:
        async def step(session: Session) -> Schedule:
            [row] = await session.fetch(_PUT, cron.name, document_of(cron), self._store.time.now())
            _, _, last_tick, is_paused, *_ = row
            last_tick = from_micros(last_tick)
            return Schedule(cron=cron, last_tick=last_tick, is_paused=is_paused, pause=_pause_of(row))

        return await self._store.database.run(step)

    async def find(self, name: str) -> StoredSchedule | None:
        async def step(session: Session) -> StoredSchedule | None:
            rows = await session.fetch(_FIND, name)
            return _schedule_of(rows[0]) if rows else None

        return await self._store.database.run(step)

    async def all(self) -> list[StoredSchedule]:
        async def step(session: Session) -> list[StoredSchedule]:
            return [_schedule_of(row) for row in await session.fetch(_ALL)]

        return await self._store.database.run(step)

    async def restore(self, schedule: Schedule) -> bool:
        stored = (schedule.name, document_of(schedule.cron), to_micros(schedule.last_tick), schedule.is_paused)
        pause = schedule.pause
        noted = (to_micros(pause.since), pause.by, pause.reason) if pause else (None, None, None)
        return await self._is_done(_RESTORE, *stored, *noted)

    async def delete(self, name: str) -> bool:
        return await self._is_done(_DELETE, name)

    async def pause(self, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        return await self._is_done(_PAUSE, name, self._store.time.now(), by, reason)

    async def resume(self, name: str) -> bool:
        return await self._is_done(_RESUME, name, self._store.time.now())

    async def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        async def step(session: Session) -> bool:
            async with session.transaction():
                # The row is locked from here on: a second scheduler waits, and then finds another last tick.
                if not await session.value(_DECIDE, schedule.name, to_micros(schedule.last_tick), to_micros(until)):
                    return False
                if tasks:
                    await add_tasks(session, tasks, self._store.time.now())
            return True

        await self._store.lanes.know(tasks)
        is_ours = await self._store.database.run(step)
        if is_ours and tasks:
            self._store.notifier.wake()
            await self._store.counts.appended(len(tasks))
        return is_ours

    async def _is_done(self, sql: str, *arguments: Any) -> bool:
        """Whether the statement found what it was for."""

        async def step(session: Session) -> bool:
            return bool(await session.value(sql, *arguments))

        return await self._store.database.run(step)


def _schedule_of(row: Sequence[Any]) -> StoredSchedule:
    name, document, last_tick, is_paused, *_ = row
    return schedule_of(name, document, from_micros(last_tick), is_paused, _pause_of(row))


def _pause_of(row: Sequence[Any]) -> Pause | None:
    name, _, last_tick, is_paused, since, by, reason = row
    if not is_paused or since is None:
        return None
    return pause_of_schedule(name, from_micros(last_tick), from_micros(since), by, reason)

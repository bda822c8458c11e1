from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backstage.domain.cron_document import document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.schedule import Schedule
from backstage.domain.stored_schedule import StoredSchedule, schedule_of
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.postgres.add import add_tasks
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_PUT = """INSERT INTO backstage_schedules (name, cron, last_tick) VALUES ($1, $2, coalesce($3::bigint, backstage_now()))
          ON CONFLICT (name) DO UPDATE SET cron = excluded.cron RETURNING last_tick, is_paused"""
_RESTORE = """INSERT INTO backstage_schedules (name, cron, last_tick, is_paused) VALUES ($1, $2, $3, $4)
              ON CONFLICT (name) DO NOTHING RETURNING true"""
_FIND = "SELECT name, cron, last_tick, is_paused FROM backstage_schedules WHERE name = $1"
_ALL = "SELECT name, cron, last_tick, is_paused FROM backstage_schedules ORDER BY name"
_DELETE = "DELETE FROM backstage_schedules WHERE name = $1 RETURNING true"
_PAUSE = "UPDATE backstage_schedules SET is_paused = true WHERE name = $1 AND NOT is_paused RETURNING true"
_RESUME = """UPDATE backstage_schedules SET is_paused = false, last_tick = coalesce($2::bigint, backstage_now())
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
            last_tick, is_paused = row
            return Schedule(cron=cron, last_tick=from_micros(last_tick), is_paused=is_paused)

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
        document, last_tick = document_of(schedule.cron), to_micros(schedule.last_tick)
        return await self._is_done(_RESTORE, schedule.name, document, last_tick, schedule.is_paused)

    async def delete(self, name: str) -> bool:
        return await self._is_done(_DELETE, name)

    async def pause(self, name: str) -> bool:
        return await self._is_done(_PAUSE, name)

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
    name, document, last_tick, is_paused = row
    return schedule_of(name, document, from_micros(last_tick), is_paused)

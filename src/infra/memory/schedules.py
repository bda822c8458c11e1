from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from backstage.domain.cron_task import CronTask
from backstage.domain.ports.queue_control import SCHEDULE, Pause
from backstage.domain.schedule import Schedule
from backstage.domain.stored_schedule import StoredSchedule
from backstage.domain.task import Task
from backstage.infra.memory.store import MemoryStore


class MemorySchedules:
    """ScheduleRepository over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def put(self, cron: CronTask) -> Schedule:
        with self._store.lock:
            before = self._store.schedules.get(cron.name)
            schedule = (
                Schedule(cron=cron, last_tick=self._store.clock.now()) if before is None else replace(before, cron=cron)
            )
            self._store.schedules[cron.name] = schedule
        return schedule

    async def find(self, name: str) -> StoredSchedule | None:
        with self._store.lock:
            return self._store.schedules.get(name)

    async def all(self) -> list[StoredSchedule]:
        with self._store.lock:
            return [schedule for _, schedule in sorted(self._store.schedules.items())]

    async def restore(self, schedule: Schedule) -> bool:
        with self._store.lock:
            if schedule.name in self._store.schedules:
                return False
            self._store.schedules[schedule.name] = schedule
        return True

    async def delete(self, name: str) -> bool:
        with self._store.lock:
            return self._store.schedules.pop(name, None) is not None

    async def pause(self, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        with self._store.lock:
            schedule = self._store.schedules.get(name)
            if schedule is None or schedule.is_paused:
                return False
            since = max(self._store.clock.now(), schedule.last_tick)
            pause = Pause(SCHEDULE, name, since, by, reason)
            self._store.schedules[name] = replace(schedule, is_paused=True, pause=pause)
        return True

    async def resume(self, name: str) -> bool:
        with self._store.lock:
            schedule = self._store.schedules.get(name)
            if schedule is None or not schedule.is_paused:
                return False
            self._store.schedules[name] = replace(
                schedule, is_paused=False, pause=None, last_tick=self._store.clock.now()
            )
        return True

    async def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        with self._store.lock:
            stored = self._store.schedules.get(schedule.name)
            if stored is None or stored.is_paused or stored.last_tick != schedule.last_tick:
                return False
            self._store.schedules[schedule.name] = replace(stored, last_tick=until)
            for task in tasks:
                self._store.add(task)
            self._store.wake()
        return True

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backstage import CronTask, Pause, Schedule, Task
from backstage.ports import StoredSchedule, document_of, schedule_of
from examples.journal.step import KeptSchedule
from examples.journal.store import Store


class JournalSchedules:
    """ScheduleRepository."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, cron: CronTask) -> Schedule:
        with self._store.step():
            before = self._store.schedules.get(cron.name)
            last_tick = self._store.clock.now() if before is None else before.last_tick
            is_paused = before is not None and before.is_paused
            pause = None if before is None else before.pause
            self._keep(KeptSchedule(cron.name, document_of(cron), last_tick, is_paused, pause))
            return Schedule(cron=cron, last_tick=last_tick, is_paused=is_paused, pause=pause)

    async def find(self, name: str) -> StoredSchedule | None:
        with self._store.lock:
            kept = self._store.schedules.get(name)
        return None if kept is None else _schedule(kept)

    async def all(self) -> list[StoredSchedule]:
        with self._store.lock:
            return [_schedule(kept) for _, kept in sorted(self._store.schedules.items())]

    async def restore(self, schedule: Schedule) -> bool:
        with self._store.step():
            if schedule.name in self._store.schedules:
                return False
            cron = document_of(schedule.cron)
            kept = KeptSchedule(schedule.name, cron, schedule.last_tick, schedule.is_paused, schedule.pause)
            self._keep(kept)
            return True

    async def delete(self, name: str) -> bool:
        with self._store.step():
            if name not in self._store.schedules:
                return False
            self._store.change(deleted_schedules=[name])
            return True

    async def pause(self, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        with self._store.step():
            kept = self._store.schedules.get(name)
            if kept is None or kept.is_paused:
                return False
            pause = Pause("schedule", name, max(self._store.clock.now(), kept.last_tick), by, reason)
            self._keep(msgspec.structs.replace(kept, is_paused=True, pause=pause))
            return True

    async def resume(self, name: str) -> bool:
        with self._store.step():
            kept = self._store.schedules.get(name)
            if kept is None or not kept.is_paused:
                return False
            now = self._store.clock.now()
            self._keep(msgspec.structs.replace(kept, is_paused=False, pause=None, last_tick=now))
            return True

    async def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        with self._store.step():
            kept = self._store.schedules.get(schedule.name)
            if kept is None or kept.is_paused or kept.last_tick != schedule.last_tick:
                return False
            self._keep(msgspec.structs.replace(kept, last_tick=until))
            for task in tasks:
                self._store.add(task)
            return True

    def _keep(self, kept: KeptSchedule) -> None:
        self._store.change(schedules=[kept])


def _schedule(kept: KeptSchedule) -> StoredSchedule:
    return schedule_of(kept.name, kept.cron, kept.last_tick, kept.is_paused, kept.pause)

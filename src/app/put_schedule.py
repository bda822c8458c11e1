from __future__ import annotations

from backstage.app.fire_schedule import FireSchedule
from backstage.domain.cron_document import document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.schedule import Schedule
from backstage.domain.stored_schedule import StoredSchedule


class PutSchedule:
    """Create the schedule of that name, or change it; a pause stays. Putting the same again does nothing.

    A changed expression or zone counts from the change on: what was due until then is fired by the old one first, and
    no tick of the new one has been missed. That is a step of its own before the change.
    """

    def __init__(self, schedules: ScheduleRepository, fire_schedule: FireSchedule, clock: Clock) -> None:
        self._schedules, self._fire_schedule, self._clock = schedules, fire_schedule, clock

    async def __call__(self, cron: CronTask) -> Schedule:
        stored = await self._schedules.find(cron.name)
        if isinstance(stored, Schedule):
            if document_of(stored.cron) == document_of(cron):
                return stored
            if stored.cron.cron != cron.cron:
                await self._leave_nothing_due(stored)
        return await self._schedules.put(cron)

    async def _leave_nothing_due(self, schedule: Schedule) -> None:
        stored: StoredSchedule | None = schedule
        while isinstance(stored, Schedule) and not stored.is_paused:
            now = self._clock.now()
            fired = await self._fire_schedule(stored, now)
            if fired is None and await self._schedules.fire(stored, max(now, stored.last_tick), []):
                return
            stored = await self._schedules.find(schedule.name)

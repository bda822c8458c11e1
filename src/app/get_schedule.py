from __future__ import annotations

from backstage.domain.errors import ScheduleNotFoundError, ScheduleUnreadableError
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.schedule import Schedule
from backstage.domain.stored_schedule import UnreadableSchedule


class GetSchedule:
    """Return one schedule. Raises ScheduleNotFoundError, or ScheduleUnreadableError if it cannot be read here."""

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self, name: str) -> Schedule:
        schedule = None if "\0" in name else await self._schedules.find(name)  # PostgreSQL has no text for NUL
        if schedule is None:
            raise ScheduleNotFoundError(name)
        if isinstance(schedule, UnreadableSchedule):
            raise ScheduleUnreadableError(name, schedule.problem)
        return schedule

from __future__ import annotations

from backstage.domain.errors import ScheduleNotFoundError
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.schedule import Schedule


class GetSchedule:
    """Raises ScheduleNotFoundError."""

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self, name: str) -> Schedule:
        schedule = await self._schedules.find(name)
        if schedule is None:
            raise ScheduleNotFoundError(name)
        return schedule

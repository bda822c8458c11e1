from __future__ import annotations

from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.schedule import Schedule


class ListSchedules:
    """Return every schedule of the store that can be read, sorted by name."""

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self) -> list[Schedule]:
        return [each for each in await self._schedules.all() if isinstance(each, Schedule)]

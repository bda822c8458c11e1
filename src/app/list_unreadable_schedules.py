from __future__ import annotations

from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.stored_schedule import UnreadableSchedule


class ListUnreadableSchedules:
    """Return every schedule of the store that cannot be read on this host, sorted by name."""

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self) -> list[UnreadableSchedule]:
        return [each for each in await self._schedules.all() if isinstance(each, UnreadableSchedule)]

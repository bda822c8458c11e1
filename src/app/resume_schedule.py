from __future__ import annotations

from backstage.domain.errors import ScheduleNotFoundError
from backstage.domain.ports.schedule_repository import ScheduleRepository


class ResumeSchedule:
    """Let a schedule fire again, from now on. Ticks during the pause are not caught up.

    Returns False if it was not paused. Raises ScheduleNotFoundError.
    """

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self, name: str) -> bool:
        if await self._schedules.resume(name):
            return True
        if await self._schedules.find(name) is None:
            raise ScheduleNotFoundError(name)
        return False

from __future__ import annotations

from backstage.domain.errors import ScheduleNotFoundError
from backstage.domain.ports.schedule_repository import ScheduleRepository


class PauseSchedule:
    """Stop a schedule from firing until it is resumed. The tasks that it has enqueued go on.

    Returns False if it was paused already. Raises ScheduleNotFoundError.
    """

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self, name: str) -> bool:
        if await self._schedules.pause(name):
            return True
        if await self._schedules.find(name) is None:
            raise ScheduleNotFoundError(name)
        return False

from __future__ import annotations

from backstage.domain.errors import ScheduleNotFoundError
from backstage.domain.ports.schedule_repository import ScheduleRepository


class DeleteSchedule:
    """Delete a schedule. The tasks that it has enqueued stay. Raises ScheduleNotFoundError."""

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self, name: str) -> None:
        if not await self._schedules.delete(name):
            raise ScheduleNotFoundError(name)

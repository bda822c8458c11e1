from __future__ import annotations

from backstage.domain.errors import ScheduleNotFoundError
from backstage.domain.pause_words import check_pause_reason, paused_by
from backstage.domain.ports.schedule_repository import ScheduleRepository


class PauseSchedule:
    """Stop a schedule from firing until it is resumed. The tasks that it has enqueued go on.

    Others see the `reason`, and who did it. Returns False if it was paused already, which changes neither. Raises
    ScheduleNotFoundError, and InvalidTaskDataError for a reason that is too long.
    """

    def __init__(self, schedules: ScheduleRepository) -> None:
        self._schedules = schedules

    async def __call__(self, name: str, *, reason: str | None = None, by: str | None = None) -> bool:
        if await self._schedules.pause(name, by=paused_by(by), reason=check_pause_reason(reason)):
            return True
        if await self._schedules.find(name) is None:
            raise ScheduleNotFoundError(name)
        return False

"""Args of a schedule that come back from somebody who was never shown them."""

from __future__ import annotations

from dataclasses import replace

from backstage.app.use_cases import UseCases
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import InvalidTaskDataError, ScheduleNotFoundError
from backstage.domain.payload_terms import HIDDEN


async def with_stored_args(use_cases: UseCases, cron: CronTask) -> CronTask:
    """Return the schedule with the args that are stored, where it was handed back with what stands in their place.

    Raises InvalidTaskDataError where none are stored.
    """
    if cron.args != HIDDEN:
        return cron
    try:
        stored = (await use_cases.get_schedule(cron.name)).cron
    except ScheduleNotFoundError:
        problem = f"{HIDDEN} stands for args that are stored, and no schedule has the name {cron.name}: pass its args"
        raise InvalidTaskDataError.of("args", problem) from None
    return replace(cron, args=stored.args, payload_version=stored.payload_version)

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from backstage.domain.cron_task import CronTask
from backstage.domain.schedule import Schedule
from backstage.domain.stored_schedule import StoredSchedule
from backstage.domain.task import Task


class ScheduleRepository(Protocol):
    """The schedules of a store, which any number of schedulers share. Errors are those of TaskRepository."""

    async def put(self, cron: CronTask) -> Schedule:
        """Create the schedule of that name, or give it this cron task and leave its last tick and its pause alone.

        A new one begins now: no tick before that is ever due.
        """
        ...

    async def find(self, name: str) -> StoredSchedule | None: ...

    async def all(self) -> list[StoredSchedule]:
        """Sorted by name, those that cannot be read among them: one must not hide the others."""
        ...

    async def restore(self, schedule: Schedule) -> bool:
        """Store the schedule as it was in another store, its last tick and its pause too.

        False if there is one of that name, which is left as it is.
        """
        ...

    async def delete(self, name: str) -> bool:
        """False if there was none."""
        ...

    async def pause(self, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        """False if there is none, or if it was paused already: who paused it first stays, and why."""
        ...

    async def resume(self, name: str) -> bool:
        """Go on from now: what would have ticked in the pause was not missed. False if it was not paused."""
        ...

    async def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        """Decide upon every tick up to `until`, and store the tasks, in one atomic step.

        That is done if the stored schedule is not paused and its last tick is still that of `schedule`; else
        nothing is changed and the answer is False: another scheduler was first. `tasks` are on the schedule's queue.
        A task whose dedupe key is held, or whose id is stored, is left out as `TaskRepository.add` does. Whoever lost
        the reply and asks again is told False, and the tasks are stored once.
        """
        ...

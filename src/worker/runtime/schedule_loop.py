"""Puts the schedules of the code into the store, and then fires whatever is due there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

from backstage.app.fire_schedule import Fired
from backstage.app.fire_schedules import FireSchedules
from backstage.app.put_schedule import PutSchedule
from backstage.domain.cron_task import CronTask
from backstage.domain.stored_schedule import UnreadableSchedule
from backstage.worker import log_events


class ScheduleLoop:
    """Any number may run at once: the store lets one of them fire each tick.

    Sleeps until the next tick, at most `interval` seconds: as soon a schedule that was changed elsewhere is seen.
    """

    def __init__(
        self, put: PutSchedule, fire: FireSchedules, crons: Iterable[CronTask], interval: float, logger: Any
    ) -> None:
        self._put, self._fire = put, fire
        self._crons = list(crons)
        self._to_put = list(crons)
        self._hurry = asyncio.Event()
        self._interval = interval
        self._logger = logger
        self._unreadable: frozenset[UnreadableSchedule] = frozenset()

    async def run(self) -> None:
        """Endless; after an error it may be called again, and goes on where it was."""
        while True:
            self._hurry.clear()
            await self.put_all()
            turn = await self._fire()
            for fired in turn.fired:
                self._log_fired(fired)
            self._report_unreadable(frozenset(turn.unreadable))
            await self._sleep(self._interval if turn.next_in is None else min(turn.next_in, self._interval))

    async def put_all(self) -> None:
        """Each once: a schedule that somebody edits later is left alone."""
        while self._to_put:
            await self._put(self._to_put[0])
            del self._to_put[0]

    def put_again(self) -> None:
        """The store was emptied: put all of the code's schedules there at once."""
        self._to_put = list(self._crons)
        self._hurry.set()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    def _log_fired(self, fired: Fired) -> None:
        for event, tasks in ((log_events.TICK_FIRED, fired.tasks), (log_events.TICK_SKIPPED, fired.skipped)):
            for task in tasks:
                self._logger.info(
                    event,
                    schedule=fired.schedule.name,
                    tick=task.metadata["tick"],
                    task_id=task.id,
                    type=task.type,
                    queue=task.queue,
                )

    def _report_unreadable(self, unreadable: frozenset[UnreadableSchedule]) -> None:
        """Once, until it is another problem."""
        for schedule in unreadable - self._unreadable:
            self._logger.error(log_events.SCHEDULE_UNREADABLE, schedule=schedule.name, problem=schedule.problem)
        self._unreadable = unreadable

"""Puts the schedules of the code into the store, and then fires whatever is due there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backstage.app.fire_schedule import Fired
from backstage.app.fire_schedules import FireSchedules
from backstage.app.put_schedule import PutSchedule
from backstage.domain.cron_task import CronTask
from backstage.domain.stored_schedule import UnreadableSchedule
from backstage.worker import log_events
from backstage.worker.runtime.rest import until_set
from backstage.worker.runtime.sign import Sign


class ScheduleLoop:
    """Any number may run at once: the store lets one of them fire each tick.

    Sleeps until the next tick, at most `interval` seconds: as soon a schedule that was changed elsewhere is seen. Where
    beats tell of such changes, it waits for those.
    """

    def __init__(
        self, put: PutSchedule, fire: FireSchedules, crons: Iterable[CronTask], interval: float, sign: Sign, logger: Any
    ) -> None:
        self._put, self._fire = put, fire
        self._crons = list(crons)
        self._to_put = list(crons)
        self._interval, self._sign = interval, sign
        self._logger = logger
        self._unreadable: frozenset[UnreadableSchedule] = frozenset()

    async def run(self) -> None:
        """Endless; after an error it may be called again, and goes on where it was."""
        while True:
            self._sign.stirred.clear()
            await self.put_all()
            turn = await self._fire()
            for fired in turn.fired:
                self._log_fired(fired)
            self._report_unreadable(frozenset(turn.unreadable))
            longest = self._sign.longest_after(self._interval)
            await until_set(self._sign.stirred, longest if turn.next_in is None else min(turn.next_in, longest))

    async def put_all(self) -> None:
        """Each once: a schedule that somebody edits later is left alone."""
        while self._to_put:
            await self._put(self._to_put[0])
            del self._to_put[0]

    def put_again(self) -> None:
        """The store was emptied: put all of the code's schedules there at once."""
        self._to_put = list(self._crons)
        self._sign.stirred.set()

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

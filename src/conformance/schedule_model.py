from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from backstage.conformance.model import Model
from backstage.domain.cron_task import CronTask
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.queue_control import SCHEDULE, Pause
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task


class ScheduleModel:
    """What a store must remember of schedules; their tasks go to the other model."""

    def __init__(self, tasks: Model, clock: Clock) -> None:
        self._tasks, self._clock = tasks, clock
        self.schedules: dict[str, Schedule] = {}

    def put(self, cron: CronTask) -> Schedule:
        known = self.schedules.get(cron.name, Schedule(cron=cron, last_tick=self._clock.now()))
        self.schedules[cron.name] = replace(known, cron=cron)
        return self.schedules[cron.name]

    def delete(self, name: str) -> bool:
        return self.schedules.pop(name, None) is not None

    def pause(self, name: str) -> bool:
        known = self.schedules.get(name)
        if known is None or known.is_paused:
            return False
        self.schedules[name] = replace(
            known, is_paused=True, pause=Pause(SCHEDULE, name, max(self._clock.now(), known.last_tick))
        )
        return True

    def resume(self, name: str) -> bool:
        known = self.schedules.get(name)
        if known is None or not known.is_paused:
            return False
        self.schedules[name] = replace(known, is_paused=False, pause=None, last_tick=self._clock.now())
        return True

    def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        known = self.schedules.get(schedule.name)
        if known is None or known.is_paused or known.last_tick != schedule.last_tick:
            return False
        self.schedules[schedule.name] = replace(known, last_tick=until)
        self._tasks.add(tasks)
        return True

    def all(self) -> list[Schedule]:
        return [self.schedules[name] for name in sorted(self.schedules)]

from __future__ import annotations

from backstage.app.fire_schedule import FireSchedule
from backstage.app.get_schedule import GetSchedule
from backstage.domain.dedupe import Duplicate
from backstage.domain.events import TaskCreated
from backstage.domain.overlap import Overlap
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task
from backstage.domain.tick import cron_task_as_task, tick_id


class RunScheduleNow:
    """Enqueue a schedule's task once more, due now, even during a pause. No tick is used up.

    The schedule's overlap policy holds: with SKIP the answer may be the Duplicate that says which task still lives,
    with REPLACE the task of the last tick is cancelled first. Raises ScheduleNotFoundError.
    """

    def __init__(
        self,
        get_schedule: GetSchedule,
        fire_schedule: FireSchedule,
        tasks: TaskRepository,
        events: EventBus,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._get_schedule, self._fire_schedule = get_schedule, fire_schedule
        self._tasks, self._events, self._clock, self._ids = tasks, events, clock, ids

    async def __call__(self, name: str) -> Task | Duplicate:
        schedule = await self._get_schedule(name)
        now = self._clock.now()
        if schedule.cron.overlap is Overlap.REPLACE:
            await self._fire_schedule.cancel_live(tick_id(name, schedule.last_tick))
        task = cron_task_as_task(schedule.cron, self._ids.new(), now, now, None)
        [duplicate] = await self._tasks.add((task,))
        if duplicate is not None:
            return duplicate
        if self._events.is_heard(TaskCreated.name):
            await self._events.publish(TaskCreated(task=task, at=now))
        return task

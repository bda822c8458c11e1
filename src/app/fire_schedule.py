from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime

from backstage.app.cancel_task import CancelTask
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import IllegalMoveError, TaskNotFoundError
from backstage.domain.events import TaskCreated
from backstage.domain.firing import firing_of
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task


@dataclass(frozen=True, slots=True)
class Fired:
    """`schedule` as it is after the step. `skipped` are tasks that were left out because an earlier one still lives.
    Both are empty when another scheduler was first."""

    schedule: Schedule
    tasks: tuple[Task, ...] = ()
    skipped: tuple[Task, ...] = ()


class FireSchedule:
    """Fire what is due on one schedule, as it was read; None when nothing is.

    The ticks and their tasks are one atomic step, which is taken once however many schedulers try. Under
    Overlap.REPLACE the task of the last tick is cancelled in a step before it: whoever dies in between leaves the
    tick to the others, who find it cancelled.
    """

    def __init__(
        self, schedules: ScheduleRepository, tasks: TaskRepository, events: EventBus, cancel_task: CancelTask
    ) -> None:
        self._schedules, self._tasks, self._events, self._cancel_task = schedules, tasks, events, cancel_task

    async def __call__(self, schedule: Schedule, now: datetime) -> Fired | None:
        firing = firing_of(schedule, now)
        if firing is None:
            return None
        if firing.replaced is not None:
            await self.cancel_live(firing.replaced)
        is_first = await self._schedules.fire(schedule, firing.until, firing.tasks)
        decided = replace(schedule, last_tick=firing.until)
        if not is_first:
            return Fired(decided)
        stored = [task for task in firing.tasks if await self._is_stored(task)]
        if self._events.is_heard(TaskCreated.name):
            for task in stored:
                await self._events.publish(TaskCreated(task=task, at=task.created_at))
        return Fired(decided, tuple(stored), tuple(task for task in firing.tasks if task not in stored))

    async def cancel_live(self, task_id: str) -> None:
        """Cancel the task unless it has ended, or never was."""
        with contextlib.suppress(TaskNotFoundError, IllegalMoveError):
            await self._cancel_task(task_id)

    async def _is_stored(self, task: Task) -> bool:
        if task.dedupe is None:
            return True
        try:
            await self._tasks.get(task.id)
        except TaskNotFoundError:
            return False
        return True

"""How the last ticks of a schedule went."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from backstage.app.use_cases import UseCases
from backstage.domain.errors import InvalidTaskDataError, TaskError
from backstage.domain.overlap import Overlap
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.domain.tick import tick_id

_MOST_STEPS = 8
_MOST_TICKS = 400


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """`state` is that of the task; of a tick without one, "missed", or "skipped" where the rule for overlap skips."""

    tick: datetime
    state: str
    task: Task | None

    @property
    def took(self) -> float | None:
        task = self.task
        if task is None or task.state is not TaskState.COMPLETED or not task.started_at or not task.finished_at:
            return None
        return (task.finished_at - task.started_at).total_seconds()


async def schedule_runs(use_cases: UseCases, schedule: Schedule, count: int) -> list[ScheduleRun]:
    """Oldest first. Ticks before the oldest task that is still stored are left out: nobody knows of them any more."""
    ticks = last_ticks(schedule, count)
    tasks = await asyncio.gather(*(_task(use_cases, tick_id(schedule.name, tick)) for tick in ticks))
    known = next((place for place, task in enumerate(tasks) if task is not None), len(ticks))
    without = "skipped" if schedule.cron.overlap is Overlap.SKIP else "missed"
    return [
        ScheduleRun(tick, task.state.value if task else without, task)
        for tick, task in zip(ticks[known:], tasks[known:], strict=True)
    ]


def last_ticks(schedule: Schedule, count: int) -> list[datetime]:
    """Up to the last one that was decided upon, oldest first: looked for in a window that grows backwards."""
    cron, last = schedule.cron.cron, schedule.last_tick
    try:
        window = max(cron.next_after(last) - last, timedelta(seconds=1)) * (count + 1)
        for _ in range(_MOST_STEPS):
            ticks = cron.ticks_between(last - window, last, _MOST_TICKS)
            if len(ticks) >= _MOST_TICKS:
                window /= 2
            elif len(ticks) >= count:
                break
            else:
                window *= 2
    except (InvalidTaskDataError, OverflowError):
        return []
    return ticks[-count:]


async def _task(use_cases: UseCases, task_id: str) -> Task | None:
    try:
        return await use_cases.get_task(task_id)
    except TaskError:
        return None

"""What a schedule fires now: a decision about values, which no scheduler can make differently from another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.missed_ticks import MissedTicks, due_ticks
from backstage.domain.overlap import Overlap
from backstage.domain.schedule import Schedule
from backstage.domain.task import Task
from backstage.domain.tick import tick_id, tick_task

BATCH = 100
"""Ticks that one step fires at most; the rest are due again at once."""


@dataclass(frozen=True, slots=True)
class Firing:
    """Decide upon the ticks up to `until`, the latest that fires, with these tasks.

    `replaced` is the id of the task to cancel before that; it may not exist, and it may have ended.
    """

    until: datetime
    tasks: Sequence[Task]
    replaced: str | None = None


def firing_of(schedule: Schedule, now: datetime) -> Firing | None:
    """What to fire at `now`; None when no tick is due, which includes every clock that went back.

    Ticks that are passed over without any that fires are left undecided: they are decided with the next that does.
    Of several ticks that are due at once, Overlap.REPLACE fires the latest alone: it would replace the others.
    """
    if schedule.is_paused:
        return None
    cron = schedule.cron
    ticks = due_ticks(cron.cron, schedule.last_tick, now, MissedTicks(cron.catch_up), BATCH)
    if not ticks:
        return None
    if cron.overlap is not Overlap.REPLACE:
        return Firing(ticks[-1], [tick_task(cron, tick, now) for tick in ticks])
    return Firing(ticks[-1], [tick_task(cron, ticks[-1], now)], tick_id(cron.name, schedule.last_tick))


def next_tick(schedule: Schedule, now: datetime) -> datetime:
    """The next tick that can fire: later than `now` and than the last one decided upon."""
    return schedule.cron.cron.next_after(max(schedule.last_tick, now))

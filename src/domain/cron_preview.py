"""The next ticks of a schedule as clocks will show them, with what the change of clocks does to each."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from backstage.domain.cron import CronSchedule
from backstage.domain.deferred_dataclass import dataclass


class ClockChange(StrEnum):
    """MOVED: no clock shows the time that the expression names, so the tick is at the gap's end. FIRST and
    SECOND: clocks show this time twice."""

    MOVED = "moved"
    FIRST = "first_of_two"
    SECOND = "second_of_two"


@dataclass(frozen=True, slots=True)
class PreviewedTick:
    """`local` is the tick on the clocks of the schedule's zone. `offset_change` is by how much clocks were set forward
    (else back, below zero) since the tick before, or since the moment that was asked from."""

    tick: datetime
    local: datetime
    change: ClockChange | None
    offset_change: timedelta


def preview(cron: CronSchedule, after: datetime, count: int) -> list[PreviewedTick]:
    """The next `count` ticks later than `after`; fewer only where none follows. Raises InvalidTaskDataError."""
    zone = ZoneInfo(cron.time_zone)
    previewed: list[PreviewedTick] = []
    offset = _offset(after.astimezone(zone))
    for _ in range(count):
        tick = cron.next_after(previewed[-1].tick if previewed else after)
        local = tick.astimezone(zone)
        previewed.append(PreviewedTick(tick, local, _change(cron, tick, local), _offset(local) - offset))
        offset = _offset(local)
    return previewed


def _change(cron: CronSchedule, tick: datetime, local: datetime) -> ClockChange | None:
    if not cron.is_shown_at(tick):
        return ClockChange.MOVED
    if _offset(local.replace(fold=0)) <= _offset(local.replace(fold=1)):
        return None
    return ClockChange.SECOND if local.fold else ClockChange.FIRST


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None
    return offset

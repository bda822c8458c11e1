"""What runs when, and did it?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

from starlette.responses import Response

from backstage.domain.cron_preview import ClockChange, PreviewedTick, preview
from backstage.domain.cron_words import in_words
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.schedule import Schedule
from backstage.pages.schedule_runs import ScheduleRun, schedule_runs
from backstage.pages.visit import Visit

STRIP = 20
MOST_WITH_STRIPS = 12
_MARKS = {"completed": "c", "failed": "f", "missed": "m", "skipped": "s", "cancelled": "s"}
CATCH_UP = {"none": "Skip", "one": "Run the latest", "all": "Run each of them"}
OVERLAP = {"allow": "Start the next beside it", "skip": "Skip the next", "replace": "Cancel it, start the next"}


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    schedule: Schedule
    words: str
    next: tuple[PreviewedTick, ...]
    runs: tuple[ScheduleRun, ...]

    @property
    def strip(self) -> str:
        """One letter for each run, as the macro reads them."""
        return "".join(_MARKS.get(run.state, "r") for run in self.runs)

    @property
    def badge(self) -> tuple[str, str] | None:
        if self.schedule.is_paused:
            return "paused", "Paused"
        if self.runs and self.runs[-1].state in ("missed", "failed", "running"):
            state = self.runs[-1].state
            return state, {"missed": "Missed", "failed": "Failed", "running": "Running"}[state]
        return None

    @property
    def takes(self) -> float | None:
        took = [run.took for run in self.runs if run.took is not None]
        return median(took) if took else None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.schedule.cron.time_zone)

    @property
    def rules(self) -> dict[str, str]:
        cron = self.schedule.cron
        spread = f"Up to {cron.jitter:g} s later" if cron.jitter else "None"
        return {
            "Missed times": CATCH_UP[str(cron.catch_up)],
            "Still running": OVERLAP[str(cron.overlap)],
            "Spread": spread,
        }


async def schedules_page(visit: Visit) -> Response:
    schedules, unreadable = await asyncio.gather(
        visit.use_cases.list_schedules(), visit.use_cases.list_unreadable_schedules()
    )
    asked = visit.asked("open")
    chosen = next((each for each in schedules if each.name == asked), None)
    rows = await asyncio.gather(*(_row(visit, each, len(schedules), each is chosen) for each in schedules))
    return visit.render(
        "schedules.html",
        cur="Schedules",
        title="Schedules",
        rows=rows,
        opened=next((row for row in rows if row.schedule is chosen), None),
        unreadable=unreadable,
        has_strips=len(schedules) <= MOST_WITH_STRIPS,
        tick_note=tick_note,
    )


async def _row(visit: Visit, schedule: Schedule, among: int, is_open: bool) -> ScheduleRow:
    has_strip = is_open or among <= MOST_WITH_STRIPS
    runs = await schedule_runs(visit.use_cases, schedule, STRIP) if has_strip else []
    following = _following(schedule, visit.now, 5 if is_open else 3)
    return ScheduleRow(schedule, in_words(schedule.cron.schedule), tuple(following), tuple(runs))


def _following(schedule: Schedule, now: datetime, count: int) -> Sequence[PreviewedTick]:
    try:
        return preview(schedule.cron.cron, max(now, schedule.last_tick), count)
    except InvalidTaskDataError:  # it never fires again
        return ()


def tick_note(tick: PreviewedTick) -> str:
    """What the change of clocks does to it."""
    match tick.change:
        case ClockChange.MOVED:
            return f"its time does not exist that night, runs {tick.local:%H:%M}"
        case ClockChange.FIRST:
            return "clocks show this time twice, the first"
        case ClockChange.SECOND:
            return "clocks show this time twice, the second"
        case None:
            return ""

"""Every type of task: how it goes, and who runs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.firing import next_tick
from backstage.domain.schedule import Schedule
from backstage.domain.stats import StateCounts
from backstage.domain.worker_info import EVERY_TYPE
from backstage.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class TypeRow:
    name: str
    counts: StateCounts
    workers: int
    paused_since: datetime | None
    next_run: datetime | None
    """By a schedule."""

    @property
    def is_unknown(self) -> bool:
        return self.workers == 0 and self.counts.pending > 0


async def types_page(visit: Visit) -> Response:
    schedules = await visit.use_cases.list_schedules()
    rows = [_row(visit, name, schedules) for name in _names(visit, schedules)]
    rows.sort(key=lambda row: (not row.is_unknown, -row.counts.failed, -row.counts.pending, row.name))
    return visit.render("types.html", cur="Types", title="Types", rows=rows, unknown=[r for r in rows if r.is_unknown])


def _names(visit: Visit, schedules: list[Schedule]) -> set[str]:
    known = {name for worker in visit.shell.workers for name in worker.plain_types if name != EVERY_TYPE}
    return {*visit.shell.stats.by_type, *known, *(schedule.cron.task_name for schedule in schedules)}


def _row(visit: Visit, name: str, schedules: list[Schedule]) -> TypeRow:
    alive = [worker for worker in visit.shell.workers if not worker.is_lost]
    ticks = [_next(schedule, visit.now) for schedule in schedules if schedule.cron.task_name == name]
    return TypeRow(
        name=name,
        counts=visit.shell.stats.by_type.get(name, StateCounts()),
        workers=sum(name in worker.plain_types or EVERY_TYPE in worker.types for worker in alive),
        paused_since=visit.shell.stats.paused_types.get(name),
        next_run=min((tick for tick in ticks if tick is not None), default=None),
    )


def _next(schedule: Schedule, now: datetime) -> datetime | None:
    if schedule.is_paused:
        return None
    try:
        return next_tick(schedule, now)
    except InvalidTaskDataError:  # it never fires again
        return None

"""What broke, since when, and is it mended? One row for each cause."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from backstage.domain.errors import TaskError
from backstage.domain.failure import Failure
from backstage.domain.failure_group import FailureGroup
from backstage.domain.search_page import Counted
from backstage.domain.search_terms import Term
from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch
from backstage.domain.task_state import TaskState
from backstage.pages.asked_search import text_of
from backstage.pages.chart import Chart
from backstage.pages.time_range import TimeRange
from backstage.pages.traceback_frames import Frames, frames_of
from backstage.pages.visit import Visit

PAGE = 50
RANGE = "24h"


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """`example` is a task that failed for good, else the newest that is still stored, and None where none is. `failed`
    is how many failed for good and can be retried."""

    group: FailureGroup
    example: Task | None
    failed: Counted
    chart: Chart

    @property
    def failure(self) -> Failure | None:
        return self.example.last_failure if self.example else None

    @property
    def frames(self) -> Frames | None:
        return frames_of(self.failure.traceback) if self.failure else None


@dataclass(frozen=True, slots=True)
class FailureRow:
    """`newest` is the task that failed so last, None where it is stored no more."""

    group: FailureGroup
    newest: Task | None
    is_new: bool

    @property
    def has_run_since(self) -> bool:
        return self.newest is not None and self.newest.state is TaskState.COMPLETED

    @property
    def to_retry(self) -> str | None:
        """The id of a task that failed for good and can be tried first."""
        return self.newest.id if self.newest is not None and self.newest.state is TaskState.FAILED else None


def query_of(group: FailureGroup) -> str:
    """For the tasks whose last failure was of that cause."""
    return text_of([Term("type", group.task_type), Term("fingerprint", group.fingerprint)])


async def failures_page(visit: Visit) -> Response:
    shown = TimeRange.asked(visit, RANGE)
    found = await visit.use_cases.list_failure_groups(
        shown.since, limit=PAGE, after=visit.asked("after") or None, type=visit.asked("type") or None
    )
    groups = sorted(found, key=lambda group: (group.is_muted, -group.tasks, group.fingerprint))
    opened = next((group for group in groups if group.fingerprint == visit.asked("open")), None)
    return visit.render(
        "failures.html",
        cur="Failures",
        title="Failures",
        rows=await asyncio.gather(*(_row(visit, group) for group in groups)),
        query_of=query_of,
        opened=await _opened(visit, opened) if opened else None,
        next_after=found[-1].cursor if len(found) == PAGE else None,
        shown=shown,
        ranges=shown.choices(RANGE),
        type=visit.asked("type"),
    )


async def _opened(visit: Visit, group: FailureGroup) -> OpenFailure:
    query = TaskSearch.parse(f"state:failed {query_of(group)}", visit.now)
    found, failed = await asyncio.gather(visit.use_cases.search_tasks(query, 1), visit.use_cases.count_tasks(query))
    example = found.tasks[0] if found.tasks else await _first_stored(visit, group.sample_task_ids)
    last_hour = visit.now.replace(minute=0, second=0, microsecond=0)
    moments = [last_hour - timedelta(hours=back) for back in range(len(group.hours) - 1, -1, -1)]
    sentence = f"{sum(group.hours):,} failed attempts in the last 24 hours, {group.hours[-1]:,} in this hour"
    return OpenFailure(
        group, example, failed, Chart(moments, [float(hour) for hour in group.hours], sentence, "failed", 44)
    )


async def _row(visit: Visit, group: FailureGroup) -> FailureRow:
    newest = await _first_stored(visit, group.sample_task_ids[:1])
    return FailureRow(group, newest, is_new=(visit.now - group.first_seen) < timedelta(hours=1))


async def _first_stored(visit: Visit, task_ids: Sequence[str]) -> Task | None:
    for task_id in task_ids:
        try:
            return await visit.use_cases.get_task(task_id)
        except TaskError:  # it was deleted
            continue
    return None

"""Is all well, and if not, what is there to do?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from backstage.domain.history import HOUR, MINUTE, SIX_HOURS, HistoryPoint
from backstage.domain.later import Later
from backstage.domain.stats import StateCounts
from backstage.pages.attention import attention_of
from backstage.pages.failing import failing
from backstage.pages.figures import counted
from backstage.pages.moments import age, wait
from backstage.pages.queues_page import QueueRow, queue_rows
from backstage.pages.run_numbers import RunNumbers, Summed, run_numbers, summed_by_type
from backstage.pages.shell import Shell
from backstage.pages.time_range import RANGES, TimeRange, spaced
from backstage.pages.visit import Visit

RANGE = "1h"
_STEPS = {"1h": MINUTE, "24h": HOUR, "7d": HOUR, "30d": SIX_HOURS}
"""Seconds between two points of the charts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Tasks of a state, with what belongs to the number. Without `is_whole` there are more."""

    state: str
    value: int
    note: str
    is_whole: bool = True


async def overview_page(visit: Visit) -> Response:
    if visit.shell.is_fresh:
        return visit.render("fresh.html", cur="Overview", title="Overview")
    shown = TimeRange.asked(visit, RANGE)
    an_hour_ago = visit.now - RANGES["1h"]
    queues, numbers, groups, later = await asyncio.gather(
        queue_rows(visit),
        run_numbers(visit.use_cases, shown.since, _STEPS[shown.name]),
        visit.use_cases.list_failure_groups(an_hour_ago, limit=50),
        visit.use_cases.count_later(),
    )
    last_hour = numbers.by_type if shown.name == "1h" else await summed_by_type(visit.use_cases, an_hour_ago, MINUTE)
    return visit.render(
        "overview.html",
        cur="Overview",
        title="Overview",
        attention=[*failing(visit, last_hour, groups), *attention_of(visit, queues)],
        queues=queues[:8],
        types=_types(visit.shell, numbers),
        figures=_figures(visit, queues, numbers.total, later, shown),
        calm=_calm(visit.shell),
        numbers=numbers,
        shown=shown,
        ranges=shown.choices(RANGE),
    )


def _types(shell: Shell, numbers: RunNumbers) -> list[tuple[str, StateCounts, Summed | None]]:
    """Those first that fail most now, then those that have failed, then those that wait."""

    def place(name: str) -> tuple[float, int, int, str]:
        summed, counts = numbers.by_type.get(name), shell.stats.by_type[name]
        lately = summed.point.failed + summed.point.retried if summed else 0
        return (-lately, -counts.failed, -counts.pending, name)

    names = sorted(shell.stats.by_type, key=place)[:8]
    return [(name, shell.stats.by_type[name], numbers.by_type.get(name)) for name in names]


def _figures(
    visit: Visit, queues: Sequence[QueueRow], total: HistoryPoint, later: Later, shown: TimeRange
) -> list[Figure]:
    shell, stats = visit.shell, visit.shell.stats
    oldest = max((row.oldest for row in queues if row.oldest is not None), default=None)
    span = spaced(shown.name)
    return [
        Figure("pending", stats.pending, "none is due" if oldest is None else f"oldest {age(oldest)}"),
        Figure("running", stats.running, f"of {counted(shell.slots, 'slot')}"),
        Figure("scheduled", later.scheduled, _next(visit, later.next_scheduled), later.is_whole),
        Figure("retrying", later.retrying, _next(visit, later.next_retry), later.is_whole),
        Figure("failed", shell.failed, f"{total.failed:,} in {span}"),
        Figure("completed", stats.completed, f"{total.completed:,} in {span}"),
    ]


def _next(visit: Visit, due: datetime | None) -> str:
    return "none" if due is None else f"next in {wait((due - visit.now).total_seconds())}"


def _calm(shell: Shell) -> str:
    workers = f"{counted(shell.alive, 'worker')} {'is' if shell.alive == 1 else 'are'} alive"
    return f"All queues move, and {workers}." if shell.alive else "Nothing waits, and no worker is alive."

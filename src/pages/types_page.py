"""Every type of task: how it goes, and who runs it."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from backstage.pages.run_numbers import summed
from backstage.pages.time_range import TimeRange
from backstage.pages.type_row import TypeRow, type_names, type_row
from backstage.pages.visit import Visit

RANGE = "1h"


async def types_page(visit: Visit) -> Response:
    shown = TimeRange.asked(visit, RANGE)
    schedules, history, rates, definitions = await asyncio.gather(
        visit.use_cases.list_schedules(),
        visit.use_cases.get_history(since=shown.since, by="type"),
        visit.use_cases.get_rates(),
        visit.use_cases.list_type_definitions(),
    )
    ran = {name: summed(points) for name, points in history.series.items()}
    names = type_names(visit, schedules) | ran.keys()
    defined = {each.type: each for each in definitions}
    rows = sorted((type_row(visit, name, schedules, ran, rates, defined.get(name)) for name in names), key=_place)
    return visit.render(
        "types.html",
        cur="Types",
        title="Types",
        rows=rows,
        unknown=[row for row in rows if row.is_unknown],
        shown=shown,
        ranges=shown.choices(RANGE),
    )


def _place(row: TypeRow) -> tuple[bool, bool, float, int, int, str]:
    """Those first that nobody knows, then those that fail now, have failed, or wait."""
    failed = row.ran.point.failed + row.ran.point.retried if row.ran else 0
    return (not row.is_unknown, row.pause is None, -failed, -row.counts.failed, -row.counts.pending, row.name)

"""One type of task: how it goes, what fails, who runs it, and its newest tasks."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from backstage.domain.search_terms import Term
from backstage.domain.task_search import TaskSearch
from backstage.pages.asked_search import text_of
from backstage.pages.histogram import longest_of, run_times, waiting_times
from backstage.pages.json_painting import painted_json
from backstage.pages.problem_page import nothing_of_that_name
from backstage.pages.run_numbers import RunNumbers, summed
from backstage.pages.schema_fields import fields_of
from backstage.pages.task_row import TaskRow
from backstage.pages.time_range import TimeRange, spaced
from backstage.pages.type_row import type_names, type_row
from backstage.pages.visit import Visit

RANGE = "24h"
SHOWN_TASKS = 10
SHOWN_FAILURES = 5


async def type_page(visit: Visit) -> Response:
    name = visit.request.path_params["name"]
    shown = TimeRange.asked(visit, RANGE)
    schedules = await visit.use_cases.list_schedules()
    newest = TaskSearch.parse(text_of([Term("type", name)]), visit.now)
    history, rates, groups, tasks, definitions = await asyncio.gather(
        visit.use_cases.get_history(type=name, since=shown.since),
        visit.use_cases.get_rates(),
        visit.use_cases.list_failure_groups(shown.since, limit=SHOWN_FAILURES, type=name),
        visit.use_cases.search_tasks(newest, SHOWN_TASKS),
        visit.use_cases.list_type_definitions(),
    )
    definition = next((each for each in definitions if each.type == name), None)
    whole = history.series[""]
    ran = summed(whole)
    if name not in type_names(visit, schedules) and definition is None and not ran.point.claimed:
        return nothing_of_that_name(visit, f"No type {name}", "No task, schedule or worker knows it.")
    own = [rate for rate in rates if rate.type == name]
    return visit.render(
        "type.html",
        cur="Types",
        title=name,
        row=type_row(visit, name, schedules, {name: ran}, own, definition),
        numbers=RunNumbers(history.step, whole, {}, {}, own),
        fields=fields_of(definition.schema if definition else None),
        schema=painted_json(definition.schema) if definition and definition.schema else None,
        groups=groups,
        tasks=[TaskRow.of(task, visit.now) for task in tasks.tasks],
        is_whole=tasks.is_whole,
        runs=run_times(ran.point),
        waits=waiting_times(ran.point),
        half=longest_of(0.5, ran.point),
        most=longest_of(0.95, ran.point),
        shown=shown,
        span=spaced(shown.name),
        ranges=shown.choices(RANGE),
    )

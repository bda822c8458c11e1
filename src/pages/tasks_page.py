"""The list of tasks: a query, newest first, a page at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.search_terms import Term
from backstage.domain.task_search import TaskSearch
from backstage.pages.asked_number import asked_number
from backstage.pages.asked_search import AskedSearch
from backstage.pages.figures import counted, exact
from backstage.pages.state_labels import LABELS
from backstage.pages.task_row import TaskRow
from backstage.pages.visit import Visit

PAGE = 50
_PICKED = ("state", "type", "queue", "worker", "tag", "error", "since")
_MOST_HINTS = 4
_PATIENCE_OF_HINTS = 0.01
"""Seconds that each is counted for, beside the others."""


@dataclass(frozen=True, slots=True)
class Tab:
    state: str
    label: str
    query: str
    count: str | None
    is_current: bool


async def tasks_page(visit: Visit) -> Response:
    asked = AskedSearch.read(visit.asked("q"), visit.asked("add"), visit.now)
    page, tabs = await asyncio.gather(
        visit.use_cases.search_tasks(asked.search, PAGE, visit.asked("after") or None), _tabs(visit, asked)
    )
    number = await _all_that_match(visit, asked.search, page)
    return visit.render(
        "tasks.html",
        cur="Tasks",
        title="Tasks",
        asked=asked,
        query=str(asked.search),
        chips=[(term, asked.without(term)) for term in asked.terms],
        picked=_PICKED,
        tabs=tabs,
        rows=[TaskRow.of(task, visit.now) for task in page.tasks],
        next_after=page.next_after,
        found=_found(page, number, bool(visit.asked("after"))),
        number="" if number is None else _number(number),
        hints=[] if page.tasks or page.next_after else await _hints(visit, asked),
    )


async def completion_page(visit: Visit) -> Response:
    """How the text in the query box may go on."""
    text = visit.asked("text")
    found = await visit.use_cases.complete_query(text, asked_number(visit.asked("position")))
    return JSONResponse(
        [{"text": f.text, "label": f.label, "count": f.count, "start": f.start, "end": f.end} for f in found]
    )


async def _tabs(visit: Visit, asked: AskedSearch) -> list[Tab]:
    """With counts where they are kept; others would have to be counted one by one."""
    words = ["", *LABELS]
    queries = [asked.in_state(word) for word in words]
    searches = [TaskSearch.parse(query, visit.now) for query in queries]
    counts = await asyncio.gather(*(_count(visit, search) for search in searches))
    return [
        Tab(word, LABELS.get(word, "All"), query, count, asked.states == ([word] if word else []))
        for word, query, count in zip(words, queries, counts, strict=True)
    ]


async def _count(visit: Visit, search: TaskSearch) -> str | None:
    return _number(await visit.use_cases.count_tasks(search)) if search.is_of_lanes_alone else None


async def _all_that_match(visit: Visit, search: TaskSearch, page: SearchPage) -> Counted | None:
    """None where they would have to be looked through once more to be counted."""
    if page.next_after is None and page.is_whole and not visit.asked("after"):
        return Counted(len(page.tasks), True, page.looked)
    is_cheap = search.is_of_lanes_alone or search.is_of_index_alone
    return await visit.use_cases.count_tasks(search) if is_cheap else None


async def _hints(visit: Visit, asked: AskedSearch) -> Sequence[tuple[Term, str, str]]:
    """Of a query that finds nothing: each filter, the query without it, and how many match then."""
    terms = asked.terms[:_MOST_HINTS]
    queries = [asked.without(term) for term in terms]
    counts = await asyncio.gather(
        *(visit.use_cases.count_tasks(query, patience=_PATIENCE_OF_HINTS) for query in queries)
    )
    return [
        (term, query, _number(count)) for term, query, count in zip(terms, queries, counts, strict=True) if count.tasks
    ]


def _number(count: Counted) -> str:
    return exact(count.tasks) if count.is_exact else f"{count.tasks:,}+"


def _found(page: SearchPage, number: Counted | None, is_later: bool) -> str:
    rows = len(page.tasks)
    looked = "" if page.is_whole else f", looked at {'' if is_later else 'the newest '}{page.looked:,}"
    if is_later:
        return f"{counted(rows, 'older task')}{looked}"
    if rows == 0:
        return f"{counted(rows, 'task')}{looked}"
    if page.next_after is None and page.is_whole:
        return counted(rows, "task")
    return f"1 to {rows}{'' if number is None else f' of {_number(number)}'}{looked}"

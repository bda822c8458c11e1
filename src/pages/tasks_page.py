"""The list of tasks: a filter, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from backstage.domain.stats import StateCounts
from backstage.domain.task_state import TaskState
from backstage.pages.figures import counted
from backstage.pages.task_filter import Part, parts_of, query_of, text_of
from backstage.pages.task_row import TaskRow
from backstage.pages.visit import Visit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Tab:
    state: str
    label: str
    query: str
    count: int | None
    is_current: bool


async def tasks_page(visit: Visit) -> Response:
    parts = _asked(visit)
    page = await visit.use_cases.find_tasks(query_of(parts, PAGE, visit.asked("after") or None))
    rows = [TaskRow.of(task, visit.now) for task in page.tasks]
    return visit.render(
        "tasks.html",
        cur="Tasks",
        title="Tasks",
        parts=[(part, text_of(other for other in parts if other is not part)) for part in parts],
        query=text_of(parts),
        tabs=_tabs(visit, parts),
        rows=rows,
        next_after=page.next_after,
        found=_found(len(rows), page.next_after is not None, bool(visit.asked("after"))),
        problem=next((part.problem for part in parts if part.problem), None),
    )


def _asked(visit: Visit) -> list[Part]:
    """What stood in the box already, and what was added to it."""
    return parts_of(f"{visit.asked('q')} {visit.asked('add')}")


def _tabs(visit: Visit, parts: list[Part]) -> list[Tab]:
    rest = [part for part in parts if part.name != "state"]
    states = [part.value for part in parts if part.name == "state"]
    counts = _counts(visit, rest)
    tabs = [Tab("", "All", text_of(rest), counts.total if counts else None, not states)]
    for state in TaskState:
        query = text_of([Part("state", state.value), *rest])
        count = getattr(counts, state.value) if counts else None
        tabs.append(Tab(state.value, state.value.capitalize(), query, count, states == [state.value]))
    return tabs


def _counts(visit: Visit, rest: list[Part]) -> StateCounts | None:
    """Of the filter without its state, where they are kept; None where they would have to be counted."""
    stats = visit.shell.stats
    match [(part.name, part.value) for part in rest if not part.problem]:
        case []:
            return stats
        case [("queue", name)]:
            return stats.by_queue.get(name, StateCounts())
        case [("type", name)]:
            return stats.by_type.get(name, StateCounts())
    return None


def _found(rows: int, has_more: bool, is_later: bool) -> str:
    if is_later:
        return counted(rows, "older task")
    return f"The newest {counted(rows, 'task')}" if has_more else counted(rows, "task")

"""What was begun for many tasks at once: how far it is, and what it could not do."""

from __future__ import annotations

from starlette.responses import Response

from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.bulk_operation import BulkState
from backstage.domain.task_search import TaskSearch
from backstage.domain.task_state import TaskState
from backstage.pages.bulk_actions import VERBS
from backstage.pages.visit import Visit

STATES = {BulkState.RUNNING: "running", BulkState.DONE: "completed", BulkState.STOPPED: "cancelled"}
_OFFERED = {
    BulkKind.RETRY: BulkAction(BulkKind.RETRY).states,
    BulkKind.CANCEL: BulkAction(BulkKind.CANCEL).states,
    BulkKind.MOVE: frozenset({TaskState.PENDING}),
    BulkKind.PRIORITISE: frozenset({TaskState.PENDING}),
    BulkKind.PRUNE: BulkAction(BulkKind.PRUNE).states,
}
"""With the states of tasks that they can be done to."""


async def bulk_list_page(visit: Visit) -> Response:
    operations = await visit.use_cases.list_bulk()
    return visit.render(
        "bulk.html", cur="Tasks", title="Bulk operations", operations=operations, states=STATES, verbs=VERBS
    )


async def bulk_page(visit: Visit) -> Response:
    operation = await visit.use_cases.get_bulk(visit.request.path_params["id"])
    return visit.render(
        "bulk_one.html", cur="Tasks", title="Bulk operation", operation=operation, states=STATES, verbs=VERBS
    )


async def choose_bulk_page(visit: Visit) -> Response:
    """All tasks of a query are meant: what is to be done with them?"""
    query = visit.asked("q")
    number = await visit.use_cases.count_tasks(query)
    search = TaskSearch.parse(query, visit.now)
    offered = [kind for kind, states in _OFFERED.items() if any(map(search.is_of_state, states))]
    if not visit.may("admin"):
        offered = [kind for kind in offered if kind is not BulkKind.PRUNE]
    return visit.render(
        "choose_bulk_part.html" if visit.is_part else "choose_bulk.html",
        cur="Tasks",
        title="All tasks that match",
        query=query,
        number=number,
        offered=[(kind.value, VERBS[kind][0]) for kind in offered],
    )

"""Listing tasks, each page in one statement and so on one snapshot."""

from __future__ import annotations

from typing import Any

from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.task_ids import LAST_ID, is_id
from backstage.infra.task_row import task_of


async def find(session: Session, query: TaskQuery) -> TaskPage:
    name, arguments = _statement_for(query)
    rows = await session.fetch(statement(name), query.after or LAST_ID, query.limit + 1, *arguments)
    tasks = tuple(task_of(row) for row in rows[: query.limit])
    return TaskPage(tasks, tasks[-1].id if len(rows) > query.limit else None)


async def find_task(session: Session, task_id: str) -> Task | None:
    rows = await session.fetch(statement("find_task"), task_id) if is_id(task_id) else []
    return task_of(rows[0]) if rows else None


def _statement_for(query: TaskQuery) -> tuple[str, tuple[Any, ...]]:
    """The statement that reads the index which leaves the fewest others, and its arguments after the first two."""
    lane = sorted(query.states or TaskState), query.queue, query.type
    if query.workflow_id is not None:
        of_itself = _id_or_none(query.workflow_id)
        return "find_in_workflow", (
            *lane, query.tag, query.key, query.workflow_id, of_itself, query.correlation_id
        )  # fmt: skip
    if query.correlation_id is not None:
        of_itself = _id_or_none(query.correlation_id)
        return "find_correlated", (*lane, query.tag, query.key, query.correlation_id, of_itself)
    if query.key is not None:
        return "find_of_key", (*lane, query.tag, query.key)
    if query.tag is not None:
        return "find_tagged", (*lane, query.tag)
    if query.states or query.queue is not None or query.type is not None:
        return "find_in_lanes", lane
    return "find_newest", ()


def _id_or_none(text: str) -> str | None:
    return text if is_id(text) else None

"""Listing tasks on a snapshot."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice

from backstage.domain.lane_type import plain_type
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_state import FINAL_STATES
from backstage.infra.sqlite.lane_ids import column, ids_in_lane
from backstage.infra.sqlite.statements import statement
from backstage.infra.task_row import task_of

_NEWEST = "SELECT id FROM backstage_tasks WHERE id < ? ORDER BY id DESC"
_OF_KEY = "SELECT id FROM backstage_tasks WHERE key = ? AND id < ? ORDER BY id DESC"
_TAGGED = "SELECT id FROM backstage_tags WHERE tag = ? AND id < ? ORDER BY id DESC"
_LANES = "SELECT queue, type, state FROM backstage_counts WHERE tasks > pruned"
_AFTER_ALL_IDS = "\U0010ffff"


def find(query: TaskQuery, connection: sqlite3.Connection) -> TaskPage:
    with closing(_ids(query, connection)) as ids:
        candidates = (task_by_id(connection, task_id) for task_id in ids)
        matching = (task for task in candidates if task is not None and query.matches(task))
        page = list(islice(matching, query.limit + 1))
    tasks = tuple(page[: query.limit])
    return TaskPage(tasks, tasks[-1].id if len(page) > query.limit else None)


def ended_since(moment: int, limit: int, connection: sqlite3.Connection) -> list[Task]:
    """Those that ended then (microseconds) or later, those that ended first before others."""
    lanes = {(queue, state) for queue, _, state in connection.execute(_LANES) if state in FINAL_STATES}
    pages = [
        connection.execute(statement("ended_since"), (queue, state, moment, limit)).fetchall() for queue, state in lanes
    ]
    first = islice(heapq.merge(*pages), limit)
    return [task for _, task_id in first if (task := task_by_id(connection, task_id)) is not None]


def task_by_id(connection: sqlite3.Connection, task_id: str) -> Task | None:
    row = connection.execute(statement("find_task"), (task_id,)).fetchone()
    return None if row is None else task_of(row[1:])


def _ids(query: TaskQuery, connection: sqlite3.Connection) -> Generator[str, None, None]:
    """Ids, newest first, among which are all that match: read from the index that leaves the fewest others."""
    below = _AFTER_ALL_IDS if query.after is None else query.after
    if query.workflow_id is not None:
        yield from column(connection, statement("find_in_workflow"), {"workflow_id": query.workflow_id, "below": below})
    elif query.correlation_id is not None:
        yield from column(
            connection, statement("find_correlated"), {"correlation_id": query.correlation_id, "below": below}
        )
    elif query.key is not None:
        yield from column(connection, _OF_KEY, (query.key, below))
    elif query.tag is not None:
        yield from column(connection, _TAGGED, (query.tag, below))
    elif query.states or query.queue is not None or query.type is not None:
        yield from _ids_of_lanes(query, below, connection)
    else:
        yield from column(connection, _NEWEST, (below,))


def _ids_of_lanes(query: TaskQuery, below: str, connection: sqlite3.Connection) -> Iterator[str]:
    lanes = [
        ids_in_lane(connection, queue, type_, state, below, query.limit + 1)
        for queue, type_, state in connection.execute(_LANES).fetchall()
        if query.queue in (None, queue)
        and query.type in (None, plain_type(type_))
        and (not query.states or state in query.states)
    ]
    yield from heapq.merge(*lanes, reverse=True)

"""The ids of a lane's tasks in one state: each state has an index that another purpose keeps, or one written once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.statements import statement


def ids_in_lane(
    connection: sqlite3.Connection, queue: str, type_: str, state: str, below: str, limit: int
) -> Iterator[str]:
    """Newest first, from before the id `below`, at most so many."""
    if state == TaskState.PENDING:
        sql = statement("pending_in_lane")
    elif state == TaskState.RUNNING:
        sql = statement("running_in_lane")
    else:
        sql = statement("ended_in_lane")
    asked = {"queue": queue, "type": type_, "state": state, "below": below, "limit": limit}
    return column(connection, sql, asked)


def column(
    connection: sqlite3.Connection, sql: str, arguments: tuple[object, ...] | dict[str, object]
) -> Iterator[str]:
    """The one column of a statement's rows."""
    with closing(connection.execute(sql, arguments)) as cursor:
        for (value,) in cursor:
            yield value

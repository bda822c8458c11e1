"""Who holds which dedupe key."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from backstage.domain.dedupe import Dedupe
from backstage.domain.task import Task
from backstage.domain.task_state import LIVE_STATES, TaskState
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.statements import statement

_HOLDER = """SELECT task_id FROM backstage_dedupe
              WHERE queue = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)"""
_FREE = "DELETE FROM backstage_dedupe WHERE queue = ? AND key = ? AND task_id = ?"


def holder_of(cursor: sqlite3.Cursor, task: Task, now: datetime) -> str | None:
    """Return the id of the task that holds this task's key now, if any does."""
    if task.dedupe is None:
        return None
    row = cursor.execute(_HOLDER, (task.queue, task.dedupe.key, to_micros(now))).fetchone()
    return None if row is None else row[0]


def keep_in_step(cursor: sqlite3.Cursor, task: Task, now: datetime) -> None:
    """Give the task its key, or take it away, as its state demands; a key that another holds stays there."""
    if task.dedupe is None:
        return
    if holds(task.state, task.dedupe, task.created_at, now):
        end = None if task.dedupe.ttl is None else to_micros(_end(task.dedupe.ttl, task.created_at))
        cursor.execute(statement("hold_key"), (task.queue, task.dedupe.key, task.id, end, to_micros(now)))
    else:
        free(cursor, task.queue, task.dedupe.key, task.id)


def free(cursor: sqlite3.Cursor, queue: str, key: str, task_id: str) -> None:
    """Delete the key if it is this task's."""
    cursor.execute(_FREE, (queue, key, task_id))


def holds(state: TaskState, dedupe: Dedupe, created_at: datetime, now: datetime) -> bool:
    """Whether a task in that state holds its key now: the rule of `Dedupe`."""
    if state is TaskState.CANCELLED:
        return False
    if dedupe.ttl is None:
        return state in LIVE_STATES
    return now < _end(dedupe.ttl, created_at)


def _end(ttl: float, created_at: datetime) -> datetime:
    return created_at + timedelta(seconds=ttl)

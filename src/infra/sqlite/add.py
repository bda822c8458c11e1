"""Store tasks in an open transaction, each with its counts, its payload and its dedupe key."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from backstage.domain.dedupe import Duplicate
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.counts import CountChanges
from backstage.infra.sqlite.dedupe_keys import holder_of, keep_in_step
from backstage.infra.sqlite.json_text import json_text
from backstage.infra.sqlite.rows import columns_of, is_large, is_plain, plain_columns_of
from backstage.infra.sqlite.statements import statement

_IS_STORED = "SELECT 1 FROM backstage_tasks WHERE id = ?"
_LAST = "SELECT max(seq) FROM backstage_tasks"
_ADDED_AFTER = "SELECT queue, type FROM backstage_tasks WHERE seq > ?"
_TAG = "INSERT OR IGNORE INTO backstage_tags (id, tag) VALUES (?, ?)"
_PENDING = TaskState.PENDING.value
_KEEP_LARGE = "INSERT OR REPLACE INTO backstage_large_payloads (task, payload) VALUES (?, ?)"


def add_tasks(
    cursor: sqlite3.Cursor, counts: CountChanges, tasks: Sequence[Task], now: datetime
) -> list[Duplicate | None]:
    """Store new tasks, those that state little by one statement; for each a Duplicate if its key is held."""
    if len(tasks) == 1 and is_plain(tasks[0]):
        _add_lone(cursor, counts, tasks[0], now)
        return [None]
    plain = [task for task in tasks if is_plain(task)]
    if plain:
        _add_plain(cursor, counts, plain, now)
    if len(plain) == len(tasks):
        return [None] * len(tasks)
    return [None if is_plain(task) else add_task(cursor, counts, task, now) for task in tasks]


def _add_lone(cursor: sqlite3.Cursor, counts: CountChanges, task: Task, now: datetime) -> None:
    if cursor.execute(statement("add_plain_task"), (*plain_columns_of(task), task.scheduled_at <= now)).rowcount:
        counts.add(_PENDING, task.queue, task.lane_type, 1)


def _add_plain(cursor: sqlite3.Cursor, counts: CountChanges, tasks: list[Task], now: datetime) -> None:
    (last,) = cursor.execute(_LAST).fetchone()
    values = {"tasks": json_text([plain_columns_of(task) for task in tasks]), "now": to_micros(now)}
    added = cursor.execute(statement("add_plain_tasks"), values).rowcount
    if added == len(tasks):
        lanes = Counter([(task.queue, task.lane_type) for task in tasks])
    elif added == 0:
        return
    else:
        lanes = Counter(cursor.execute(_ADDED_AFTER, (last or 0,)).fetchall())
    for (queue, type_), number in lanes.items():
        counts.add(_PENDING, queue, type_, number)


def add_task(cursor: sqlite3.Cursor, counts: CountChanges, task: Task, now: datetime) -> Duplicate | None:
    """Store a new task; a Duplicate if its key is held, None if it was stored, now or before."""
    if task.dedupe is not None:
        if cursor.execute(_IS_STORED, (task.id,)).fetchone() is not None:
            return None
        holder = holder_of(cursor, task, now)
        if holder is not None:
            return Duplicate(holder, task.dedupe.key)
    insert_task(cursor, counts, task, now)
    return None


def insert_task(cursor: sqlite3.Cursor, counts: CountChanges, task: Task, now: datetime) -> int | None:
    """Store a new task, which takes its key if nobody holds it; its seq, or None if its id was stored before."""
    if cursor.execute(statement("add_task"), columns_of(task, now)).rowcount == 0:
        return None
    seq = cursor.lastrowid
    assert seq is not None
    keep_payload(cursor, seq, task)
    if task.tags:
        cursor.executemany(_TAG, [(task.id, tag) for tag in task.tags])
    keep_in_step(cursor, task, now)
    counts.add(task.state.value, task.queue, task.lane_type, 1)
    return seq


def keep_payload(cursor: sqlite3.Cursor, seq: int, task: Task) -> None:
    if is_large(task):
        cursor.execute(_KEEP_LARGE, (seq, task.payload_json))

"""Store single tasks in an open transaction, each with its counts, its payload and its dedupe key."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from backstage.domain.dedupe import Duplicate
from backstage.domain.task import Task
from backstage.infra.sqlite.counts import CountChanges
from backstage.infra.sqlite.dedupe_keys import holder_of, keep_in_step
from backstage.infra.sqlite.rows import columns_of, is_large
from backstage.infra.sqlite.statements import statement

_IS_STORED = "SELECT 1 FROM backstage_tasks WHERE id = ?"
_TAG = "INSERT OR IGNORE INTO backstage_tags (id, tag) VALUES (?, ?)"
_KEEP_LARGE = "INSERT OR REPLACE INTO backstage_large_payloads (task, payload) VALUES (?, ?)"


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

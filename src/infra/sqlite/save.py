"""Store the next version of a task in an open transaction, with its counts, its payload and its dedupe key."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from backstage.domain.errors import DuplicateTaskError, StaleTaskError, TaskNotFoundError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.add import keep_payload
from backstage.infra.sqlite.counts import CountChanges
from backstage.infra.sqlite.dedupe_keys import holder_of, keep_in_step
from backstage.infra.sqlite.rows import columns_of
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.task_row import task_of


def save(task: Task, transaction: Transaction) -> None:
    now = transaction.now()
    row = transaction.cursor.execute(statement("find_task"), (task.id,)).fetchone()
    if row is None:
        raise TaskNotFoundError(task.id)
    before = task_of(row[1:])
    if before.undecodable is not None or before.version != task.version - 1:
        raise StaleTaskError(task.id)
    holder = holder_of(transaction.cursor, task, now)
    if task.state is TaskState.PENDING and holder not in (None, task.id):
        assert task.dedupe is not None and holder is not None
        raise DuplicateTaskError(task.dedupe.key, holder)
    replace_task(transaction.cursor, transaction.counts, before, task.saved_over(before), now)
    transaction.makes_work = True


def replace_task(cursor: sqlite3.Cursor, counts: CountChanges, before: Task, after: Task, now: datetime) -> int:
    """Store the next version of a task, and return its seq. Raises StaleTaskError."""
    id_, *columns = columns_of(after, now)
    updated = cursor.execute(statement("save_task"), (*columns, id_, after.version - 1)).fetchone()
    if updated is None:
        raise StaleTaskError(after.id)
    counts.add(before.state.value, before.queue, before.lane_type, -1)
    counts.add(after.state.value, after.queue, after.lane_type, 1)
    seq: int = updated[0]
    keep_payload(cursor, seq, after)
    keep_in_step(cursor, after, now)
    return seq

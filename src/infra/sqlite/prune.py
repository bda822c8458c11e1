"""Deleting finished tasks in an open transaction, with all that belongs to them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.dedupe_keys import free
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction

_KEYS_FORGOTTEN_AT_ONCE = 1000
_NEVER = 2**63 - 1
_DELETE = (
    "DELETE FROM backstage_attempts WHERE task = ?",
    "DELETE FROM backstage_large_payloads WHERE task = ?",
    "DELETE FROM backstage_tasks WHERE seq = ?",
)
_DELETE_BY_ID = (
    "DELETE FROM backstage_tags WHERE id = ?",
    "DELETE FROM backstage_task_events WHERE task_id = ?",
    "DELETE FROM backstage_event_logs WHERE task_id = ?",
    "DELETE FROM backstage_run_logs WHERE task_id = ?",
    "DELETE FROM backstage_result_ends WHERE task_id = ?",
)
_FINISHED = """SELECT finished_at, task.id, seq, task.type, dedupe_key, queue
                 FROM json_each(:asked) AS asked CROSS JOIN backstage_tasks AS task
                WHERE task.id = json_extract(asked.value, '$[0]') AND version = json_extract(asked.value, '$[1]')
                  AND state = :state"""
Finished = tuple[int, str, int, str, str | None, str]
"""End, id, seq, type, dedupe key, queue."""


def prune(retention: Retention, limit: int, transaction: Transaction) -> int:
    transaction.cursor.execute(
        statement("forget_expired_keys"), (to_micros(transaction.now()), _KEYS_FORGOTTEN_AT_ONCE)
    )
    stored = transaction.counts.stored(transaction.cursor, retention.state)
    by_queue = [
        _prunable(queue, number, retention, limit, transaction)
        for queue, number in stored.items()
        if number > 0 and retention.is_about(queue)
    ]
    return _delete(list(islice(heapq.merge(*by_queue), limit)), retention.state, transaction)


def delete(tasks: Sequence[Task], transaction: Transaction) -> int:
    """Delete those of the ended tasks that still have that state and version."""
    number = 0
    for state in FINAL_STATES:
        asked = json.dumps(list({(task.id, task.version) for task in tasks if task.state is state}))
        rows = transaction.cursor.execute(_FINISHED, {"state": state.value, "asked": asked}).fetchall()
        number += _delete(rows, state, transaction)
    return number


def _delete(chosen: list[Finished], state: TaskState, transaction: Transaction) -> int:
    seqs = [(seq,) for _, _, seq, _, _, _ in chosen]
    for delete in _DELETE:
        transaction.cursor.executemany(delete, seqs)
    for delete in _DELETE_BY_ID:
        transaction.cursor.executemany(delete, [(id_,) for _, id_, _, _, _, _ in chosen])
    for _, id_, _, type_, key, queue in chosen:
        transaction.counts.prune(state, queue, type_)
        if key is not None:
            free(transaction.cursor, queue, key, id_)
    return len(chosen)


def _prunable(queue: str, stored: int, retention: Retention, limit: int, transaction: Transaction) -> list[Finished]:
    """The queue's tasks that the retention gives up, oldest first: for either reason they are the first to have ended,
    so the longer of the two lists holds the other."""
    by_number: list[Finished] = []
    by_age: list[Finished] = []
    if retention.keep_last is not None:
        by_number = _oldest(queue, retention, _NEVER, min(limit, stored - retention.keep_last), transaction)
    if retention.max_age is not None:
        before = to_micros(transaction.now() - timedelta(seconds=retention.max_age))
        by_age = _oldest(queue, retention, before, limit, transaction)
    return max(by_number, by_age, key=len)


def _oldest(queue: str, retention: Retention, before: int, limit: int, transaction: Transaction) -> list[Finished]:
    if limit <= 0:  # SQLite would take a negative limit for none
        return []
    rows = transaction.cursor.execute(statement("oldest_finished"), (queue, retention.state.value, before, limit))
    return [(*row, queue) for row in rows]

"""Claiming in an open transaction: the best tasks of the lanes that a worker serves.

The first ready tasks of all lanes are read in one order. If too many of them are not for this worker, the beginnings
of its own lanes are merged instead.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice
from typing import Any

from backstage.domain.lane_type import plain_type
from backstage.domain.lease import Lease
from backstage.domain.portions import MOST_BYTES
from backstage.domain.ports.queue_control import QUEUE, TYPE
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import ticks, to_micros
from backstage.infra.sqlite.json_text import json_text
from backstage.infra.sqlite.rows import LARGE_PAYLOAD
from backstage.infra.sqlite.settle import settle
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.task_row import STATED_COLUMNS, claimed_task_of

_PROMOTED_AT_ONCE = 10_000
_PASSED_OVER = 100
"""Tasks beyond the limit that a claim looks at before it reads its lanes one by one."""
_PAUSES = "SELECT kind, name FROM backstage_pauses"
_NEXT_DUE = "SELECT min(scheduled_at) FROM backstage_tasks WHERE ready = 0"
_WAITING = """SELECT (SELECT min(scheduled_at) FROM backstage_tasks WHERE ready = 0),
                     EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_first WHERE ready = 1)"""
_LARGE = "SELECT payload, length(CAST(payload AS BLOB)) FROM backstage_large_payloads WHERE task = ?"

Row = tuple[Any, ...]
"""What rows.py names `claimed`, then the seq."""
_TYPE, _QUEUE = STATED_COLUMNS.index("type"), STATED_COLUMNS.index("queue")
_PAYLOAD, _SEQ = -2, -1
Pick = tuple[int, int, int, str, int]
"""Queue rank and priority (both negated), due time, id: the order of claims; and seq."""


def claim(request: ClaimRequest, transaction: Transaction) -> Claimed:
    now = to_micros(transaction.now())
    next_due, is_any_ready = transaction.cursor.execute(_WAITING).fetchone()
    if next_due is not None and next_due <= now:
        transaction.cursor.execute(statement("promote_tasks"), (now, _PROMOTED_AT_ONCE))
        (next_due,) = transaction.cursor.execute(_NEXT_DUE).fetchone()
    elif not is_any_ready:
        return Claimed((), _wait_until(next_due, now))
    rows = _best_rows(transaction, request)
    tasks = _take(transaction, request, _whole_rows(transaction, rows))
    undecodable = tuple(task for task in tasks if task.undecodable is not None)
    if undecodable:
        settle([task.buried() for task in undecodable], transaction)
        return Claimed(tuple(task for task in tasks if task.undecodable is None), 0.0, undecodable)
    if len(tasks) == request.limit:
        return Claimed(tasks, None)
    if len(tasks) < len(rows):
        return Claimed(tasks, 0.0)
    return Claimed(tasks, _wait_until(next_due, now))


def _wait_until(due: int | None, now: int) -> float | None:
    return None if due is None else max(0.0, (due - now) / 1_000_000)


def served_lanes(
    cursor: sqlite3.Cursor,
    lanes: Iterable[tuple[str, str]],
    serves: Callable[[str, str], bool],
) -> list[tuple[str, str]]:
    """Return the lanes that are asked for and not paused."""
    pauses = set(cursor.execute(_PAUSES).fetchall())
    return [(queue, type_) for queue, type_ in lanes if serves(queue, type_) and not _is_paused(queue, type_, pauses)]


def _is_paused(queue: str, type_: str, pauses: Collection[tuple[str, str]]) -> bool:
    return bool(pauses) and ((QUEUE, queue) in pauses or (TYPE, plain_type(type_)) in pauses)


def _best_rows(transaction: Transaction, request: ClaimRequest) -> list[Row]:
    rows = _first_of_all(transaction, request)
    if rows is not None:
        return rows
    seqs = [pick[-1] for pick in _merged_lanes(transaction, request)]
    found = {row[_SEQ]: row for row in transaction.cursor.execute(statement("find_by_seqs"), (json_text(seqs),))}
    return [found[seq] for seq in seqs]


def _first_of_all(transaction: Transaction, request: ClaimRequest) -> list[Row] | None:
    """The best of the first ready tasks, or None if better ones may stand behind those that were looked at."""
    ranks = request.queues or {}
    is_ranked = len(set(ranks.values())) > 1
    at_most = request.limit + _PASSED_OVER
    pauses = set(transaction.cursor.execute(_PAUSES).fetchall())
    is_served: dict[tuple[str, str], bool] = {}
    rows: list[Row] = []
    seen = 0
    with closing(transaction.new_cursor()) as cursor:
        for row in cursor.execute(statement("first_ready"), (at_most,)):
            seen += 1
            lane = row[_QUEUE], row[_TYPE]
            if lane not in is_served:
                is_served[lane] = request.serves(*lane) and not _is_paused(*lane, pauses)
            if is_served[lane]:
                rows.append(row)
                if len(rows) == request.limit and not is_ranked:
                    return rows
    if seen == at_most:
        return None
    rows.sort(key=lambda row: -ranks.get(row[_QUEUE], 0))  # those of one rank stay in the order of claims
    return rows[: request.limit]


def _merged_lanes(transaction: Transaction, request: ClaimRequest) -> list[Pick]:
    waiting = transaction.counts.pending_lanes(transaction.cursor)
    lanes = served_lanes(transaction.cursor, waiting, request.serves)
    ranks = request.queues or {}
    cursors = [transaction.new_cursor() for _ in lanes]
    try:
        best = [
            _best_of_lane(cursor, lane, ranks.get(lane[0], 0), request.limit)
            for cursor, lane in zip(cursors, lanes, strict=True)
        ]
        return list(islice(heapq.merge(*best), request.limit))
    finally:
        for cursor in cursors:
            cursor.close()  # half-read, it would see the update that follows


def _best_of_lane(cursor: sqlite3.Cursor, lane: tuple[str, str], rank: int, limit: int) -> Iterator[Pick]:
    for priority, scheduled_at, id_, seq in cursor.execute(statement("best_of_lane"), (*lane, limit)):
        yield (-rank, -priority, scheduled_at, id_, seq)


def _whole_rows(transaction: Transaction, rows: list[Row]) -> list[Row]:
    """The rows, with the payloads that lie apart: as many as make one message of a bounded size, at least one."""
    whole: list[Row] = []
    room = MOST_BYTES - len(rows) * LARGE_PAYLOAD
    for row in rows:
        if row[_PAYLOAD] is not None:
            whole.append(row)
            continue
        payload, size = transaction.cursor.execute(_LARGE, row[_SEQ:]).fetchone() or (None, 0)
        room -= size
        if whole and room < 0:
            break
        whole.append((*row[:_PAYLOAD], payload, row[_SEQ]))
    return whole


def _take(transaction: Transaction, request: ClaimRequest, rows: list[Row]) -> tuple[Task, ...]:
    if not rows:
        return ()
    now = transaction.now()
    lease = Lease(request.worker_id, now + timedelta(seconds=request.lease))
    end = transaction.boot_ticks() + ticks(request.lease)
    seqs = json_text([row[_SEQ] for row in rows])
    transaction.cursor.execute(
        statement("claim_tasks"),
        (request.worker_id, to_micros(lease.until), end, transaction.boot, to_micros(now), seqs),
    )
    for (queue, type_), number in Counter((row[_QUEUE], row[_TYPE]) for row in rows).items():
        transaction.counts.move(TaskState.PENDING.value, TaskState.RUNNING.value, queue, type_, number)
    return tuple(claimed_task_of(row, now, lease) for row in rows)

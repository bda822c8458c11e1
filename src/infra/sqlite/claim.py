"""Claiming in an open transaction: the best tasks of the lanes that a worker serves.

The first ready tasks of all lanes are read in one order. If too many of them are not for this worker, the beginnings
of its own lanes are merged instead.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice

from backstage.domain.lane_type import plain_type
from backstage.domain.limits import MAX_PAYLOAD_BYTES
from backstage.domain.portions import MOST_BYTES
from backstage.domain.ports.queue_control import QUEUE, TYPE
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import ticks, to_micros
from backstage.infra.sqlite.rows import LARGE_PAYLOAD
from backstage.infra.sqlite.settle import settle
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.task_row import task_of

_PROMOTED_AT_ONCE = 10_000
_PASSED_OVER = 100
"""Tasks beyond the limit that a claim looks at before it reads its lanes one by one."""
_PAUSES = "SELECT kind, name FROM backstage_pauses"
_NEXT_DUE = "SELECT min(scheduled_at) FROM backstage_tasks WHERE ready = 0"
_LARGE_OF = """SELECT pick.key, length(CAST(large.payload AS BLOB))
                 FROM json_each(?) AS pick CROSS JOIN backstage_large_payloads AS large ON large.task = pick.value"""

Pick = tuple[int, int, int, str, int]
"""Queue rank and priority (both negated), due time, id: the order of claims; and seq."""


def claim(request: ClaimRequest, transaction: Transaction) -> Claimed:
    now = to_micros(transaction.now())
    transaction.cursor.execute(statement("promote_tasks"), (now, _PROMOTED_AT_ONCE))
    picks = _picks(transaction, request)
    tasks = _take(transaction, request, _fitting(transaction, picks))
    undecodable = tuple(task for task in tasks if task.undecodable is not None)
    if undecodable:
        settle([task.buried() for task in undecodable], transaction)
        return Claimed(tuple(task for task in tasks if task.undecodable is None), 0.0, undecodable)
    if len(tasks) == request.limit:
        return Claimed(tasks, None)
    if len(tasks) < len(picks):
        return Claimed(tasks, 0.0)
    (next_due,) = transaction.cursor.execute(_NEXT_DUE).fetchone()
    return Claimed(tasks, None if next_due is None else max(0.0, (next_due - now) / 1_000_000))


def served_lanes(
    cursor: sqlite3.Cursor,
    lanes: Iterable[tuple[str, str]],
    serves: Callable[[str, str], bool],
) -> list[tuple[str, str]]:
    """Return the lanes that are asked for and not paused."""
    pauses = set(cursor.execute(_PAUSES).fetchall())
    return [
        (queue, type_)
        for queue, type_ in lanes
        if serves(queue, type_) and not (pauses and _is_paused(queue, type_, pauses))
    ]


def _is_paused(queue: str, type_: str, pauses: Container[tuple[str, str]]) -> bool:
    return (QUEUE, queue) in pauses or (TYPE, plain_type(type_)) in pauses


def _picks(transaction: Transaction, request: ClaimRequest) -> list[Pick]:
    picks = _first_of_all(transaction, request)
    return _merged_lanes(transaction, request) if picks is None else picks


def _first_of_all(transaction: Transaction, request: ClaimRequest) -> list[Pick] | None:
    """The best of the first ready tasks, or None if better ones may stand behind those that were looked at."""
    ranks = request.queues or {}
    is_ranked = len(set(ranks.values())) > 1
    at_most = request.limit + _PASSED_OVER
    pauses = set(transaction.cursor.execute(_PAUSES).fetchall())
    picks: list[Pick] = []
    seen = 0
    with closing(transaction.new_cursor()) as cursor:
        for priority, scheduled_at, id_, seq, queue, type_ in cursor.execute(statement("first_ready"), (at_most,)):
            seen += 1
            if request.serves(queue, type_) and not (pauses and _is_paused(queue, type_, pauses)):
                picks.append((-ranks.get(queue, 0), -priority, scheduled_at, id_, seq))
                if len(picks) == request.limit and not is_ranked:
                    return picks
    return sorted(picks)[: request.limit] if seen < at_most else None


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


def _fitting(transaction: Transaction, picks: list[Pick]) -> list[Pick]:
    """As many of the picks as make one message of a bounded size, at least one."""
    if len(picks) * MAX_PAYLOAD_BYTES <= MOST_BYTES:
        return picks
    bytes_ = len(picks) * LARGE_PAYLOAD
    with closing(transaction.new_cursor()) as cursor:  # read no further than needed: the texts may be large
        for place, size in cursor.execute(_LARGE_OF, (json.dumps([pick[-1] for pick in picks]),)):
            bytes_ += size
            if bytes_ > MOST_BYTES:
                return picks[: max(1, place)]
    return picks


def _take(transaction: Transaction, request: ClaimRequest, picks: list[Pick]) -> tuple[Task, ...]:
    if not picks:
        return ()
    now = transaction.now()
    seqs = json.dumps([pick[-1] for pick in picks])
    until = to_micros(now + timedelta(seconds=request.lease))
    end = transaction.boot_ticks() + ticks(request.lease)
    transaction.cursor.execute(
        statement("claim_tasks"), (request.worker_id, until, end, transaction.boot, to_micros(now), seqs)
    )
    claimed = {row[0]: task_of(row[1:]) for row in transaction.cursor.execute(statement("find_by_seqs"), (seqs,))}
    tasks = tuple(claimed[pick[-1]] for pick in picks)
    for lane, number in Counter((task.queue, task.lane_type) for task in tasks).items():
        transaction.counts.move(TaskState.PENDING.value, TaskState.RUNNING.value, *lane, number)
    return tasks

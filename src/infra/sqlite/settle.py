"""Settling in an open transaction: the entity's move, the attempt's record and the next tasks of each outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from backstage.domain.dedupe import Dedupe
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.dedupe_keys import free, holds
from backstage.infra.sqlite.moments import from_micros, to_micros
from backstage.infra.sqlite.rows import failure_json, task_of
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.stored_tasks import add_task, replace_task
from backstage.infra.sqlite.transaction import Transaction

_RECORDED = """SELECT a.outcome FROM backstage_tasks AS t JOIN backstage_attempts AS a ON a.task = t.seq
                WHERE t.id = ? AND a.fence = ?"""
_BY_SEQ = "SELECT * FROM backstage_task_rows WHERE seq = ?"


def settle(outcomes: Sequence[Outcome], transaction: Transaction) -> list[TaskState | None]:
    answers = [_settle_one(outcome, transaction) for outcome in outcomes]
    if any(outcome.next_tasks or outcome.state is TaskState.PENDING for outcome in outcomes):
        transaction.makes_work = True
    return answers


def _settle_one(outcome: Outcome, transaction: Transaction) -> TaskState | None:
    now = transaction.now()
    row = _move(outcome, transaction, now)
    if row is None:
        return _answer_again(outcome, transaction)
    seq, queue, type_, state, worker_id, started_at, number, key, ttl, created_at = row
    kind = OutcomeKind.CANCELLED if state == "cancelled" and outcome.state is TaskState.PENDING else outcome.kind
    transaction.cursor.execute(
        statement("insert_attempt"),
        (seq, outcome.fence, number, worker_id, started_at, to_micros(now), kind.value, failure_json(outcome.failure)),
    )
    transaction.counts.move(TaskState.RUNNING.value, state, queue, type_)
    ended = TaskState(state)
    if key is not None and not holds(ended, Dedupe(key, ttl), from_micros(created_at), now):
        free(transaction.cursor, queue, key, outcome.task_id)
    for task in outcome.next_tasks:
        add_task(transaction.cursor, transaction.counts, task, now)
    return ended


def _move(outcome: Outcome, transaction: Transaction, now: datetime) -> tuple[Any, ...] | None:
    """Make the move and return what it left, None if the fence is stale."""
    lost = outcome.kind is OutcomeKind.LOST
    failure = failure_json(outcome.failure)
    moment = to_micros(now)
    arguments: tuple[Any, ...]
    if outcome.state is not TaskState.PENDING:
        arguments = (outcome.state.value, moment, outcome.result_json, failure, lost)
        sql = statement("end_task")
    else:
        due = None if outcome.delay is None else to_micros(now + timedelta(seconds=outcome.delay))
        arguments = (moment, due, failure, outcome.is_interruption, lost, outcome.result_json)
        sql = statement("return_task")
    row: tuple[Any, ...] | None = transaction.cursor.execute(
        sql, (outcome.task_id, outcome.fence, *arguments)
    ).fetchone()
    return row


def _answer_again(outcome: Outcome, transaction: Transaction) -> TaskState | None:
    """The answer that was lost, if the claim has ended as this outcome wants it."""
    row = transaction.cursor.execute(_RECORDED, (outcome.task_id, outcome.fence)).fetchone()
    if row is None:
        return None
    if row[0] == outcome.kind:
        return outcome.state
    if row[0] == OutcomeKind.CANCELLED and outcome.state is TaskState.PENDING:
        return TaskState.CANCELLED
    return None


def reclaim(max_deliveries: int, limit: int, transaction: Transaction) -> list[tuple[Task, Outcome]]:
    expired = transaction.cursor.execute(
        statement("expired_tasks"), (transaction.boot, transaction.boot_ticks(), limit)
    ).fetchall()
    reclaimed = [_reclaim_one(seq, max_deliveries, transaction) for seq, _ in expired]
    if reclaimed:
        transaction.makes_work = True
    return reclaimed


def _reclaim_one(seq: int, max_deliveries: int, transaction: Transaction) -> tuple[Task, Outcome]:
    cursor, now = transaction.cursor, transaction.now()
    task = task_of(cursor.execute(_BY_SEQ, (seq,)).fetchone())
    outcome = task.honouring_cancel(task.lost(max_deliveries))
    ended = task.settle(outcome, now)
    record = task.record(outcome, now)
    cursor.execute(
        statement("insert_attempt"),
        (
            seq,
            record.fence,
            record.number,
            record.worker_id,
            to_micros(record.started_at),
            to_micros(record.ended_at),
            record.outcome.value,
            failure_json(record.failure),
        ),
    )
    replace_task(cursor, transaction.counts, task, ended, now)
    return ended, outcome

"""Taking back tasks whose lease ran out, in an open transaction. Rare, so the entity itself makes the move."""

from __future__ import annotations

from backstage.domain.attempt import Attempt
from backstage.domain.outcome import Outcome
from backstage.domain.portions import MOST_BYTES
from backstage.domain.ports.task_queue import NextTasksOf
from backstage.domain.task import MaxDeliveries, Task
from backstage.infra.failure_text import failure_json
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.add import add_task
from backstage.infra.sqlite.save import replace_task
from backstage.infra.sqlite.settle import settle
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.task_row import task_of


def reclaim(
    max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None, transaction: Transaction
) -> list[tuple[Task, Outcome]]:
    expired = transaction.cursor.execute(
        statement("find_expired_tasks"), {"boot": transaction.boot, "now": transaction.boot_ticks(), "limit": limit}
    ).fetchall()
    reclaimed: list[tuple[Task, Outcome]] = []
    bytes_ = 0
    for (seq,) in expired:
        if bytes_ > MOST_BYTES:
            break
        reclaimed.append(_reclaim_one(seq, max_deliveries, next_tasks_of, transaction))
        bytes_ += reclaimed[-1][0].size
    if reclaimed:
        transaction.makes_work = True
    return reclaimed


def _reclaim_one(
    seq: int, max_deliveries: MaxDeliveries, next_tasks_of: NextTasksOf | None, transaction: Transaction
) -> tuple[Task, Outcome]:
    cursor, now = transaction.cursor, transaction.now()
    task = task_of(cursor.execute(statement("find_by_seq"), (seq,)).fetchone()[1:])
    outcome = task.honouring_cancel(task.lost(max_deliveries))
    if next_tasks_of is not None:
        outcome = outcome.followed_by(next_tasks_of(task, outcome))
    ended = task.settle(outcome, now)
    if task.undecodable is not None:
        settle([outcome], transaction)
        return ended, outcome
    record = Attempt.of(task, outcome, now)
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
    for next_task in outcome.next_tasks:
        add_task(cursor, transaction.counts, next_task, now)
    return ended, outcome

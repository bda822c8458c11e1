"""Settling in an open transaction: the entity's move, the attempt's record and the next tasks of each outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import TaskError
from backstage.domain.outcome import Outcome, OutcomeKind, unrecorded_end
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_json
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.sqlite.add import add_task
from backstage.infra.sqlite.dedupe_keys import free, holds
from backstage.infra.sqlite.json_text import json_text
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction

_RUNNING = TaskState.RUNNING.value
_KEEP_RESULT_UNTIL = "INSERT INTO backstage_result_ends (task_id, until, is_gone) VALUES (?, ?, 0)"


_End = tuple[TaskState, str | None, bool, bool | None]
"""The state, the failure, whether the lease ran out, and whether the row is the claim's record."""


def settle(outcomes: Sequence[Outcome], transaction: Transaction) -> list[TaskState | None]:
    answers: dict[int, TaskState | None] = {}
    for places in _runs(outcomes):
        run = [outcomes[place] for place in places]
        settled = [_give_back(run[0], transaction)] if run[0].state is TaskState.PENDING else _end(run, transaction)
        answers.update(zip(places, settled, strict=True))
    if any(outcome.next_tasks or outcome.state is TaskState.PENDING for outcome in outcomes):
        transaction.makes_work = True
    return [answers[place] for place in range(len(outcomes))]


def _runs(outcomes: Sequence[Outcome]) -> Iterable[list[int]]:
    """The places of outcomes in runs, each of which one statement can apply: one that gives a task back is a run by
    itself. Where no task occurs twice and none has next tasks, no order can be told from another."""
    ends = [place for place, outcome in enumerate(outcomes) if outcome.state is not TaskState.PENDING]
    are_of_different_tasks = len({outcome.task_id for outcome in outcomes}) == len(outcomes)
    if not are_of_different_tasks or any(outcome.next_tasks for outcome in outcomes):
        return _runs_in_order(outcomes)
    returns = [[place] for place, outcome in enumerate(outcomes) if outcome.state is TaskState.PENDING]
    return [ends, *returns] if ends else returns


def _runs_in_order(outcomes: Sequence[Outcome]) -> Iterator[list[int]]:
    """Runs that do as if one outcome were applied after another: of final ones of different tasks, of which only the
    last has next tasks."""
    run: list[int] = []
    ids: set[str] = set()
    for place, outcome in enumerate(outcomes):
        if run and (
            outcome.task_id in ids
            or outcomes[run[-1]].next_tasks
            or TaskState.PENDING in (outcome.state, outcomes[run[0]].state)
        ):
            yield run
            run, ids = [], set()
        run.append(place)
        ids.add(outcome.task_id)
    if run:
        yield run


def _end(run: list[Outcome], transaction: Transaction) -> list[TaskState | None]:
    now = transaction.now()
    cursor, counts = transaction.cursor, transaction.counts
    found = cursor.execute(statement("find_ending"), (json_text([outcome.task_id for outcome in run]),))
    running = {row[0]: row for row in found}
    accepted = [outcome for outcome in run if _is_of_the_claim(outcome, running.get(outcome.task_id))]
    _move(accepted, running, now, transaction)
    lanes = Counter((outcome.state, *running[outcome.task_id][3:5]) for outcome in accepted)
    for (state, queue, type_), tasks in lanes.items():
        counts.move(_RUNNING, state, queue, type_, tasks)
    for outcome in accepted:
        queue, _, key, ttl, created_at = running[outcome.task_id][3:]
        if key is not None and not _holds(outcome.state, key, ttl, created_at, now):
            free(cursor, queue, key, outcome.task_id)
        if outcome.keep_result_for is not None:
            until = now + timedelta(seconds=outcome.keep_result_for)
            cursor.execute(_KEEP_RESULT_UNTIL, (outcome.task_id, to_micros(until)))
        for task in outcome.next_tasks:
            add_task(cursor, counts, task, now)
    if len(accepted) == len(run):
        return [outcome.state for outcome in run]
    ids = {outcome.task_id for outcome in accepted}
    return [outcome.state if outcome.task_id in ids else _answer_again(outcome, transaction) for outcome in run]


def _is_of_the_claim(outcome: Outcome, running: tuple[Any, ...] | None) -> bool:
    return running is not None and running[2] == outcome.fence


def _move(
    accepted: Sequence[Outcome], running: Mapping[str, tuple[Any, ...]], now: datetime, transaction: Transaction
) -> None:
    """Make the entity's move on running tasks, those that end alike by one statement, and record their claims."""
    alike: dict[_End, dict[int, str | None]] = {}
    for outcome in accepted:
        seq = running[outcome.task_id][1]
        failure = failure_json(outcome.failure)
        is_lost = outcome.kind is OutcomeKind.LOST
        is_record = outcome.has_run and not is_lost and (outcome.fence == 1 or failure is not None)
        if outcome.has_run and not is_record:
            record = {"seq": seq, "now": to_micros(now), "outcome": outcome.kind, "failure": failure}
            transaction.cursor.execute(statement("record_end"), record)
        alike.setdefault((outcome.state, failure, is_lost, is_record or None), {})[seq] = outcome.result_json
    for (state, failure, lost, row_is_record), results in alike.items():
        end = {"state": state, "failure": failure, "lost": lost, "is_record": row_is_record}
        transaction.cursor.execute(statement("end_tasks"), end | {"now": to_micros(now), "results": json_text(results)})


def _holds(state: TaskState, key: str, ttl: float | None, created_at: int, now: datetime) -> bool:
    try:
        return holds(state, Dedupe(key, ttl), from_micros(created_at), now)
    except (TaskError, ValueError, OverflowError):  # what cannot be decoded holds nothing for a time
        return False


def _give_back(outcome: Outcome, transaction: Transaction) -> TaskState | None:
    now = transaction.now()
    row = transaction.cursor.execute(statement("settle_return"), _return_of(outcome, now)).fetchone()
    if row is None:
        return _answer_again(outcome, transaction)
    seq, queue, type_, state, worker_id, started_at, number, key, ttl, created_at = row
    ended = TaskState(state)
    if outcome.has_run:
        kind = OutcomeKind.CANCELLED if ended is TaskState.CANCELLED else outcome.kind
        failure = failure_json(outcome.failure)
        transaction.cursor.execute(
            statement("insert_attempt"),
            (seq, outcome.fence, number, worker_id, started_at, to_micros(now), kind.value, failure),
        )
    transaction.counts.move(_RUNNING, state, queue, type_)
    if key is not None and not _holds(ended, key, ttl, created_at, now):
        free(transaction.cursor, queue, key, outcome.task_id)
    for task in outcome.next_tasks:
        add_task(transaction.cursor, transaction.counts, task, now)
    return ended


def _return_of(outcome: Outcome, now: datetime) -> dict[str, object]:
    """The parameters of settle_return.sql."""
    is_lost = outcome.kind is OutcomeKind.LOST
    return {
        "id": outcome.task_id,
        "fence": outcome.fence,
        "now": to_micros(now),
        "due": None if outcome.delay is None else to_micros(now + timedelta(seconds=outcome.delay)),
        "failure": None if is_lost else failure_json(outcome.failure),
        "interrupted": outcome.is_interruption,
        "lost": is_lost,
        "result": outcome.result_json,
    }


def _answer_again(outcome: Outcome, transaction: Transaction) -> TaskState | None:
    """The answer that was lost, if the claim has ended as this outcome wants it."""
    claim = {"id": outcome.task_id, "fence": outcome.fence}
    row = transaction.cursor.execute(statement("recorded_outcome"), claim).fetchone()
    if row is None:
        return None
    recorded, state, deliveries = row
    if recorded is None and deliveries == outcome.fence:
        return outcome.answered_again(unrecorded_end(TaskState(state)))
    return outcome.answered_again(None if recorded is None else OutcomeKind(recorded))

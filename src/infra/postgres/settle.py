"""Settling: batches of outcomes as few statements, answered as if they had been applied one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from backstage.domain.outcome import Outcome, OutcomeKind, unrecorded_end
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_json
from backstage.infra.moments import ticks
from backstage.infra.postgres.add import add_tasks
from backstage.infra.postgres.columns import column
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement

Accepted = dict[str, TaskState]
"""The state that each task is in now whose outcome was accepted."""


async def settle(session: Session, outcomes: Sequence[Outcome], now: int | None) -> list[TaskState | None]:
    """Apply the outcomes, all in one transaction; the lanes of their next tasks are known."""
    runs = list(_runs(outcomes))
    if len(runs) == 1 and _is_one_statement(outcomes):
        accepted = await _apply(session, outcomes, now)
        return await _answers(session, outcomes, accepted)
    answers: list[TaskState | None] = []
    async with session.transaction():
        for run in runs:
            accepted = await _apply(session, run, now)
            following = [task for outcome in run if outcome.task_id in accepted for task in outcome.next_tasks]
            if following:
                await add_tasks(session, following, now)
            if any(outcome.keep_result_for is not None for outcome in run):
                await _keep_results(session, run, accepted, now)
            answers += await _answers(session, run, accepted)
    return answers


def _is_one_statement(outcomes: Sequence[Outcome]) -> bool:
    return len({outcome.state is TaskState.PENDING for outcome in outcomes}) == 1 and not _has_more(outcomes)


def _has_more(outcomes: Sequence[Outcome]) -> bool:
    return _has_next_tasks(outcomes) or any(outcome.keep_result_for is not None for outcome in outcomes)


def _has_next_tasks(outcomes: Sequence[Outcome]) -> bool:
    return any(map(attrgetter("next_tasks"), outcomes))


def _runs(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Split the outcomes, in order, into runs whose order does not matter: different tasks, and none that brings a next
    task with a dedupe key before another, whose end might free that key."""
    if len({outcome.task_id for outcome in outcomes}) == len(outcomes) and not _has_next_tasks(outcomes):
        yield list(outcomes)
        return
    run: list[Outcome] = []
    ids: set[str] = set()
    for outcome in outcomes:
        if run and (outcome.task_id in ids or any(task.dedupe is not None for task in run[-1].next_tasks)):
            yield run
            run, ids = [], set()
        run.append(outcome)
        ids.add(outcome.task_id)
    if run:
        yield run


async def _apply(session: Session, run: Sequence[Outcome], now: int | None) -> Accepted:
    by_id = sorted(run, key=attrgetter("task_id"))  # all batches lock in this order
    ends = [outcome for outcome in by_id if outcome.state is not TaskState.PENDING]
    returns = [outcome for outcome in by_id if outcome.state is TaskState.PENDING]
    accepted: Accepted = {}
    if ends:
        states = {outcome.task_id: outcome.state for outcome in ends}
        rows = await session.fetch(statement("settle_ends"), now, *_ends(ends))
        accepted |= {row[0]: states[row[0]] for row in rows}
    if returns:
        rows = await session.fetch(statement("settle_returns"), now, *_returns(returns))
        accepted |= {id_: TaskState.CANCELLED if cancelled else TaskState.PENDING for id_, cancelled in rows}
    return accepted


def _ends(outcomes: list[Outcome]) -> list[list[Any] | str | None]:
    """The columns of settle_ends.sql: few, and so quick to send, where all completed and left nothing to say. Ids and
    fences go as texts, for the driver looks two or three times at each element of an array."""
    are_completed = all(outcome.kind is OutcomeKind.COMPLETED for outcome in outcomes)
    return [
        ",".join([outcome.task_id for outcome in outcomes]),
        ",".join([str(outcome.fence) for outcome in outcomes]),
        None if are_completed else [outcome.state for outcome in outcomes],
        None if are_completed else [outcome.kind if outcome.has_run else None for outcome in outcomes],
        column([outcome.result_json for outcome in outcomes]),
        None if are_completed else column([failure_json(outcome.failure) for outcome in outcomes]),
    ]


def _returns(outcomes: list[Outcome]) -> list[list[Any]]:
    """The columns of settle_returns.sql."""
    return [
        [outcome.task_id for outcome in outcomes],
        [outcome.fence for outcome in outcomes],
        [outcome.kind if outcome.has_run else None for outcome in outcomes],
        [None if outcome.delay is None else ticks(outcome.delay) for outcome in outcomes],
        [failure_json(outcome.failure) for outcome in outcomes],
        [outcome.is_interruption for outcome in outcomes],
        [outcome.result_json for outcome in outcomes],
    ]


async def _keep_results(session: Session, run: Sequence[Outcome], accepted: Accepted, now: int | None) -> None:
    kept = {
        outcome.task_id: ticks(outcome.keep_result_for)
        for outcome in run
        if outcome.keep_result_for is not None and outcome.task_id in accepted
    }
    await session.fetch(statement("keep_results"), now, list(kept), list(kept.values()))


async def _answers(session: Session, run: Sequence[Outcome], accepted: Accepted) -> list[TaskState | None]:
    refused = [outcome for outcome in run if outcome.task_id not in accepted]
    if refused:
        rows = await session.fetch(
            statement("find_outcomes"),
            [outcome.task_id for outcome in refused],
            [outcome.fence for outcome in refused],
        )
        ends = {(id_, fence): _end_told_by(recorded, state) for id_, fence, recorded, state in rows}
        return [
            accepted.get(outcome.task_id) or outcome.answered_again(ends.get((outcome.task_id, outcome.fence)))
            for outcome in run
        ]
    return [accepted[outcome.task_id] for outcome in run]


def _end_told_by(recorded: str | None, state: str | None) -> OutcomeKind | None:
    """How a claim ended, by its record or, where it left none, by the state that it left the task in."""
    if recorded is not None:
        return OutcomeKind(recorded)
    return None if state is None else unrecorded_end(TaskState(state))

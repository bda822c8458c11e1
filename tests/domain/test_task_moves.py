"""The table of moves: every state against every move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.domain.errors import IllegalMoveError
from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, LIVE_STATES, MOVES, TaskState
from backstage.testing.fake_clock import START

S = TaskState
NOW = START + timedelta(seconds=60)
LEASE = Lease("w1", NOW + timedelta(seconds=30))
BROKEN = Failure("ValueError", "no")
POLICY = RetryPolicy(max_attempts=3)

MOVES_OF_THE_ENTITY: dict[str, tuple[Callable[[Task], Task], TaskState]] = {
    "claim": (lambda task: task.claim(LEASE, NOW), S.RUNNING),
    "cancel": (lambda task: task.cancel(NOW), S.CANCELLED),
    "retry": (lambda task: task.retry(NOW), S.PENDING),
    "retry afresh": (lambda task: task.retry_afresh(NOW), S.PENDING),
    "complete": (lambda task: task.settle(task.completed("1"), NOW), S.COMPLETED),
    "fail with attempts left": (lambda task: task.settle(task.failed(BROKEN, POLICY, 0.0), NOW), S.PENDING),
    "give up": (lambda task: task.settle(task.gave_up(BROKEN), NOW), S.FAILED),
    "snooze": (lambda task: task.settle(task.snoozed(5.0), NOW), S.PENDING),
    "release": (lambda task: task.settle(task.released(), NOW), S.PENDING),
    "end as cancelled": (lambda task: task.settle(task.cancelled(), NOW), S.CANCELLED),
    "lose": (lambda task: task.settle(task.lost(3), NOW), S.PENDING),
}
BEGINS_IN: dict[str, set[TaskState]] = {
    "claim": {S.PENDING},
    "cancel": {S.PENDING, S.RUNNING},
    "retry": {S.FAILED, S.CANCELLED},
    "retry afresh": {S.FAILED, S.CANCELLED},
}
"""Every other move is the end of a claim, so it begins in RUNNING."""


@pytest.fixture
def in_state(new_task: TaskFactory) -> Callable[[TaskState], Task]:
    def in_state(state: TaskState) -> Task:
        running = new_task().claim(LEASE, START)
        return {
            S.PENDING: new_task(),
            S.RUNNING: running,
            S.COMPLETED: running.settle(running.completed(), START),
            S.FAILED: running.settle(running.gave_up(BROKEN), START),
            S.CANCELLED: running.settle(running.cancelled(), START),
        }[state]

    return in_state


@pytest.mark.parametrize(("state", "move"), list(product(TaskState, MOVES_OF_THE_ENTITY)))
def test_every_move_begins_in_its_own_states_alone(
    in_state: Callable[[TaskState], Task], state: TaskState, move: str
) -> None:
    task = in_state(state)
    make, to = MOVES_OF_THE_ENTITY[move]
    if state in BEGINS_IN.get(move, {S.RUNNING}):
        assert make(task).state is (S.RUNNING if (state, move) == (S.RUNNING, "cancel") else to)
    else:
        with pytest.raises(IllegalMoveError) as caught:
            make(task)
        assert (caught.value.task_id, caught.value.state) == (task.id, state)


@pytest.mark.parametrize("move", MOVES_OF_THE_ENTITY)
def test_every_move_raises_the_version_by_one_and_keeps_the_identity(
    in_state: Callable[[TaskState], Task], move: str
) -> None:
    task = in_state(min(BEGINS_IN.get(move, {S.RUNNING})))
    moved = MOVES_OF_THE_ENTITY[move][0](task)
    assert moved.version == task.version + 1
    kept = ("id", "type", "payload_json", "queue", "priority", "created_at", "correlation_id", "workflow_id")
    assert [getattr(moved, name) for name in kept] == [getattr(task, name) for name in kept]


def test_every_move_of_the_table_is_made_by_some_method() -> None:
    made = {
        (state, to)
        for move, (_, to) in MOVES_OF_THE_ENTITY.items()
        for state in BEGINS_IN.get(move, {S.RUNNING})
        if (state, move) != (S.RUNNING, "cancel")
    }
    assert made == {(state, to) for state, targets in MOVES.items() for to in targets}


def test_a_completed_task_moves_nowhere_and_says_what_to_do(in_state: Callable[[TaskState], Task]) -> None:
    with pytest.raises(IllegalMoveError, match="enqueue a copy"):
        in_state(S.COMPLETED).retry(NOW)


def test_states_are_final_or_live() -> None:
    assert frozenset(TaskState) == FINAL_STATES | LIVE_STATES
    assert not FINAL_STATES & LIVE_STATES

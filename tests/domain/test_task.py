from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from backstage.conformance.task_factory import TaskFactory
from backstage.domain.attempt import Attempt
from backstage.domain.backoff import Backoff
from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.outcome import OutcomeKind
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.testing.fake_clock import START, FakeClock

LATER = START + timedelta(seconds=5)
LEASE = Lease("w1", START + timedelta(seconds=30))
BROKEN = Failure("ValueError", "no")
POLICY = RetryPolicy(max_attempts=3, backoff=Backoff.fixed(7))


@pytest.fixture
def running(new_task: TaskFactory) -> Task:
    return new_task().claim(LEASE, START)


# -- claims ------------------------------------------------------------------------------------------


def test_a_claim_raises_the_fence_and_carries_the_lease(new_task: TaskFactory) -> None:
    claimed = replace(new_task(), progress=0.5, progress_note="half").claim(LEASE, START)
    assert (claimed.fence, claimed.attempt, claimed.lease, claimed.started_at) == (1, 1, LEASE, START)
    assert (claimed.progress, claimed.progress_note) == (None, None)


def test_an_interruption_spends_no_attempt(running: Task) -> None:
    for outcome in (running.released(), running.snoozed(1.0)):
        again = running.settle(outcome, LATER).claim(LEASE, LATER)
        assert (again.fence, again.attempt) == (2, 1)


def test_a_failure_spends_an_attempt_and_a_crash_none(running: Task) -> None:
    for outcome, attempt in ((running.failed(BROKEN, POLICY, 0.0), 2), (running.lost(3), 1)):
        again = running.settle(outcome, LATER).claim(LEASE, LATER)
        assert (again.fence, again.attempt) == (2, attempt)


@given(ends=st.lists(st.sampled_from(["released", "snoozed", "failed", "lost", "dead", "cancelled"]), max_size=30))
def test_the_fence_rises_with_each_claim_and_the_attempt_never_above_it(ends: list[str]) -> None:
    task = TaskFactory(FakeClock())()
    for claims, end in enumerate(ends, start=1):
        task = task.claim(LEASE, START)
        assert task.fence == task.deliveries == claims
        assert 1 <= task.attempt <= task.deliveries
        task = task.settle(
            {
                "released": task.released(),
                "snoozed": task.snoozed(0.0),
                "failed": task.failed(BROKEN, RetryPolicy(max_attempts=1000), 0.0),
                "lost": task.lost(1000),
                "dead": task.gave_up(BROKEN),
                "cancelled": task.cancelled(),
            }[end],
            LATER,
        )
        if task.state is not TaskState.PENDING:
            task = task.retry(LATER) if claims % 2 else task.retry_afresh(LATER)


# -- how a claim ends --------------------------------------------------------------------------------


def test_a_failure_with_attempts_left_waits_for_the_backoff(running: Task) -> None:
    outcome = running.failed(BROKEN, POLICY, 0.0)
    assert (outcome.kind, outcome.delay) == (OutcomeKind.RETRIED, 7.0)
    waiting = running.settle(outcome, LATER)
    assert (waiting.scheduled_at, waiting.last_failure) == (LATER + timedelta(seconds=7), BROKEN)


def test_the_last_failure_makes_a_dead_letter(running: Task) -> None:
    last = replace(running, deliveries=3)
    outcome = last.failed(BROKEN, POLICY, 0.0)
    assert (outcome.kind, outcome.state) == (OutcomeKind.DEAD, TaskState.FAILED)
    dead = last.settle(outcome, LATER)
    assert (dead.finished_at, dead.last_failure, dead.lease) == (LATER, BROKEN, None)


def test_a_tasks_own_limits_win_over_the_policy(running: Task) -> None:
    own = replace(running, max_attempts=1, backoff=Backoff.fixed(2))
    assert own.failed(BROKEN, POLICY, 0.0).kind is OutcomeKind.DEAD
    assert replace(own, max_attempts=2).failed(BROKEN, POLICY, 0.0).delay == 2.0


def test_chance_shortens_the_backoff(running: Task) -> None:
    jittered = RetryPolicy(backoff=Backoff.fixed(10, jitter=1.0))
    assert running.failed(BROKEN, jittered, 0.25).delay == 7.5


def test_a_released_task_is_due_as_it_was(running: Task) -> None:
    assert running.settle(running.released(), LATER).scheduled_at == running.scheduled_at


def test_a_snoozed_task_is_due_after_its_delay(running: Task) -> None:
    assert running.settle(running.snoozed(3.5), LATER).scheduled_at == LATER + timedelta(seconds=3.5)


def test_a_completion_keeps_the_result_and_the_failure_of_an_earlier_run(running: Task) -> None:
    failed_before = replace(running, last_failure=BROKEN)
    done = failed_before.settle(failed_before.completed('{"sent":1}'), LATER)
    assert (done.result, done.last_failure, done.finished_at) == ({"sent": 1}, BROKEN, LATER)


def test_a_lost_lease_names_the_worker(running: Task) -> None:
    failure = running.lost(3).failure
    assert failure is not None
    assert (failure.type, "w1" in failure.message) == ("LeaseExpired", True)


def test_too_many_crashes_make_a_dead_letter(running: Task) -> None:
    outcome = replace(running, crashes=2).lost(3)
    assert outcome.state is TaskState.FAILED
    assert outcome.failure is not None
    assert outcome.failure.type == "TooManyDeliveries"


def test_a_crash_in_the_last_attempt_leaves_that_attempt(running: Task) -> None:
    again = (last := replace(running, max_attempts=1)).settle(last.lost(3), LATER).claim(LEASE, LATER)
    assert again.failed(BROKEN, POLICY, 0.0).state is TaskState.FAILED
    assert again.attempt == 1


def test_a_tasks_own_limit_of_crashes_wins(running: Task) -> None:
    assert replace(running, max_deliveries=1).lost(3).state is TaskState.FAILED
    assert replace(running, max_deliveries=2).lost(1).state is TaskState.PENDING


def test_the_last_of_the_crashes_tells_the_handlers_error_once(running: Task) -> None:
    failed = replace(running, last_failure=BROKEN, crashes=2)
    dead = failed.settle(failed.lost(3), LATER)
    assert dead.last_failure is not None
    assert str(BROKEN) in dead.last_failure.message
    assert dead.last_failure.traceback == BROKEN.traceback
    again = dead.retry(LATER).claim(LEASE, LATER)
    once_more = again.lost(1).failure
    assert once_more is not None
    assert "TooManyDeliveries" not in once_more.message


# -- cancelling --------------------------------------------------------------------------------------


def test_cancelling_a_running_task_asks_and_takes_nothing_away(running: Task) -> None:
    asked = running.cancel(LATER)
    assert asked == replace(running, is_cancel_requested=True, version=running.version + 1)


@pytest.mark.parametrize("end", ["failed", "released", "snoozed", "lost"])
def test_a_task_whose_cancel_was_requested_does_not_go_back(running: Task, end: str) -> None:
    asked = running.cancel(LATER)
    outcome = {
        "failed": asked.failed(BROKEN, POLICY, 0.0),
        "released": asked.released(),
        "snoozed": asked.snoozed(1.0),
        "lost": asked.lost(3),
    }[end]
    ended = asked.settle(outcome, LATER)
    assert (ended.state, ended.is_cancel_requested, ended.finished_at) == (TaskState.CANCELLED, False, LATER)
    recorded = OutcomeKind.LOST if end == "lost" else OutcomeKind.CANCELLED
    assert Attempt.of(asked, outcome, LATER).outcome is recorded


@pytest.mark.parametrize("end", ["completed", "gave_up"])
def test_a_requested_cancel_does_not_change_a_final_end(running: Task, end: str) -> None:
    asked = running.cancel(LATER)
    outcome = asked.completed() if end == "completed" else asked.gave_up(BROKEN)
    assert asked.settle(outcome, LATER).state is outcome.state


# -- retrying ----------------------------------------------------------------------------------------


def test_a_retried_dead_letter_may_run_once_more(running: Task) -> None:
    last = replace(running, deliveries=3)
    again = last.settle(last.gave_up(BROKEN), LATER).retry(LATER).claim(LEASE, LATER)
    assert again.attempt == 3
    assert again.failed(BROKEN, POLICY, 0.0).kind is OutcomeKind.DEAD


def test_a_task_retried_afresh_has_all_its_attempts(running: Task) -> None:
    last = replace(running, deliveries=3, crashes=2)
    again = last.settle(last.gave_up(BROKEN), LATER).retry_afresh(LATER)
    assert (again.deliveries, again.attempt, again.crashes, again.finished_at) == (3, 0, 0, None)


def test_a_retry_of_a_task_that_never_ran_starts_at_its_first_attempt(new_task: TaskFactory) -> None:
    assert new_task().cancel(LATER).retry(LATER).claim(LEASE, LATER).attempt == 1


# -- records and values ------------------------------------------------------------------------------


def test_a_record_tells_the_claim_it_belongs_to(running: Task) -> None:
    record = Attempt.of(replace(running, deliveries=5, interruptions=2), running.gave_up(BROKEN), LATER)
    assert (record.fence, record.number, record.worker_id) == (5, 3, "w1")
    assert (record.started_at, record.ended_at, record.outcome, record.failure) == (
        START,
        LATER,
        OutcomeKind.DEAD,
        BROKEN,
    )


def test_a_payload_is_decoded_anew_at_each_call(new_task: TaskFactory) -> None:
    task = new_task(payload_json='{"to":["a"]}')
    task.payload["to"].append("b")
    assert task.payload == {"to": ["a"]}


def test_a_task_without_a_result_has_none(new_task: TaskFactory) -> None:
    assert new_task().result is None

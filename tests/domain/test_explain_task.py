from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.estimate_claim import estimate_claim
from backstage.domain.explain_task import explain_task
from backstage.domain.explanation import Estimate, Explanation, ReasonKind
from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.outcome import OutcomeKind
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.rate import Rate
from backstage.domain.task import Task
from backstage.domain.task_facts import BusySlots, LaneAhead, TaskFacts
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _task(**fields: Any) -> Task:
    defaults: dict[str, Any] = {
        "id": "t1",
        "type": "email:send",
        "queue": "mail",
        "created_at": NOW,
        "scheduled_at": NOW,
        "correlation_id": "t1",
        "workflow_id": "t1",
    }
    return Task(**(defaults | fields))


def _worker(**fields: Any) -> WorkerInfo:
    defaults: dict[str, Any] = {
        "id": "w1",
        "host": "h",
        "pid": 7,
        "started_at": NOW,
        "seen_at": NOW,
        "concurrency": 2,
        "queues": (),
        "types": ("email:send",),
    }
    return WorkerInfo(**(defaults | fields))


def _explained(task: Task | None = None, **facts: Any) -> Explanation:
    facts.setdefault("workers", [_worker()])
    return explain_task(TaskFacts(now=NOW, task=task or _task(), **facts))


def test_with_a_worker_that_has_room_nothing_stands_in_its_way() -> None:
    explanation = _explained()
    assert [reason.kind for reason in explanation.reasons] == [ReasonKind.NEXT]
    assert explanation.sentence.startswith("Nothing stands in its way")


def test_all_reasons_are_told_in_their_order() -> None:
    explanation = _explained(
        _task(scheduled_at=NOW + timedelta(minutes=5)),
        pauses=[Pause(TYPE, "email:send", NOW), Pause(QUEUE, "mail", NOW), Pause(QUEUE, "other", NOW)],
        workers=[],
    )
    assert [reason.sentence for reason in explanation.reasons] == [
        "It is scheduled for later: it is due at 2026-03-01T12:05:00Z, in 5m.",
        "The queue mail is paused since 2026-03-01T12:00:00Z. To go on: backstage resume mail.",
        "The type email:send is paused since 2026-03-01T12:00:00Z. To go on: backstage resume --type email:send.",
        "No worker is alive: start one with backstage worker.",
    ]
    assert explanation.sentence == explanation.reasons[0].sentence


def test_whoever_paused_or_cancelled_is_named() -> None:
    authors = {("queue", "mail"): "ada@host", ("task", "t1"): "grace@host"}
    facts = TaskFacts(now=NOW, task=_task(), pauses=[Pause(QUEUE, "mail", NOW)], workers=[_worker()])
    [reason] = explain_task(facts, authors).reasons
    assert "is paused since 2026-03-01T12:00:00Z, by ada@host." in reason.sentence
    said = TaskFacts(now=NOW, task=_task(), pauses=[Pause(QUEUE, "mail", NOW, "ops", "provider down")])
    reason = explain_task(said, authors).reasons[0]
    assert "is paused since 2026-03-01T12:00:00Z, by ops: “provider down”. To go on" in reason.sentence
    assert reason.details == {"kind": "queue", "name": "mail", "by": "ops", "reason": "provider down"}
    cancelled = TaskFacts(now=NOW, task=_task(state=TaskState.CANCELLED, finished_at=NOW))
    assert explain_task(cancelled, authors).sentence.startswith(
        "It was cancelled at 2026-03-01T12:00:00Z by grace@host."
    )


def test_a_task_behind_others_is_estimated_by_the_pace_of_their_lanes() -> None:
    ahead = [LaneAhead("mail", "email:send", 9, 12)]
    facts = TaskFacts(now=NOW, task=_task(), workers=[_worker()], ahead=ahead)
    explanation = explain_task(facts)
    estimate = estimate_claim(explanation, facts, [Rate("mail", "email:send", 60.0, 60.0, 0.0)]).estimate
    assert estimate == Estimate(NOW + timedelta(seconds=5), NOW + timedelta(seconds=20))
    assert estimate_claim(explanation, facts, [Rate("other", "email:send", 60.0, 60.0, 0.0)]).estimate is None


def test_a_misspelt_type_gets_the_name_that_a_worker_knows() -> None:
    [reason] = _explained(_task(type="email:sent")).reasons
    assert reason.kind is ReasonKind.UNKNOWN_TYPE
    assert reason.sentence == (
        "No worker that is alive knows the type email:sent; one knows email:send. If that is meant, enqueue it so. "
        "To run it, start a worker with its handler: backstage worker --handlers MODULE."
    )
    assert reason.details == {"type": "email:sent", "nearest": "email:send"}


def test_a_version_that_no_worker_knows_is_told_with_those_that_are_known() -> None:
    [reason] = _explained(_task(payload_version=3), workers=[_worker(types=("email:send", "email:send@2"))]).reasons
    assert reason.kind is ReasonKind.UNKNOWN_VERSION
    assert reason.sentence == (
        "No worker that is alive knows version 3 of email:send: those that know the type have 1, 2. "
        "To run it, start a worker of the release whose handler has version=3."
    )
    [older] = _explained(_task(payload_version=2), workers=[_worker(types=("email:send@3",))]).reasons
    remedy = 'add @upcast("email:send", 2) to the code of the workers, or start one whose handler still has version=2.'
    assert older.sentence.endswith(f"To run it, {remedy}")
    assert _explained(_task(payload_version=2), workers=[_worker(types=("email:send@2",))]).reasons[0].kind is (
        ReasonKind.NEXT
    )


def test_a_queue_that_nobody_serves_is_told_with_those_that_are_served() -> None:
    [reason] = _explained(workers=[_worker(queues=("b", "a"))]).reasons
    assert reason.sentence == (
        "No worker serves the queue mail: those that know the type serve a, b. "
        "To run it: backstage worker --handlers MODULE --queues mail, or backstage move a --query queue:mail."
    )


def test_workers_that_stop_or_are_lost_take_nothing() -> None:
    workers = [_worker(id="w1", is_stopping=True), _worker(id="w2", silent_for=40.0)]
    [reason] = _explained(workers=workers).reasons
    assert reason.sentence == (
        "No worker takes tasks: w1 is stopping, w2 has not been heard of lately. Start one with backstage worker."
    )


def test_tasks_of_a_queue_of_higher_rank_go_first_whatever_their_priority() -> None:
    ahead = [LaneAhead("mail", "email:send", 1, 5), LaneAhead("high", "email:send", 0, 4)]
    ranked = _worker(queues=("high", "mail"), ranks={"high": 2})
    [reason] = _explained(workers=[ranked], ahead=ahead).reasons
    assert reason.sentence == "5 due tasks go before it (4 of high/email:send)."
    [reason] = _explained(workers=[_worker()], ahead=ahead).reasons
    assert reason.sentence == "1 due task goes before it."


def test_slots_are_busy_only_if_those_of_every_worker_are() -> None:
    busy = [BusySlots("w1", 2, NOW - timedelta(hours=1))]
    [reason] = _explained(busy=busy).reasons
    assert reason.sentence == (
        "All slots of worker w1 are busy (2 of 2); the task that runs longest began at 2026-03-01T11:00:00Z."
    )
    assert _explained(busy=busy, workers=[_worker(), _worker(id="w2")]).reasons[0].kind is ReasonKind.NEXT


def test_of_a_snoozed_task_its_handler_is_told() -> None:
    snoozed = Attempt("t1", 1, 1, "w1", NOW, NOW, OutcomeKind.SNOOZED)
    task = _task(scheduled_at=NOW + timedelta(hours=2), deliveries=1, interruptions=1)
    [reason] = _explained(task, attempts=[snoozed]).reasons
    assert (reason.details["why"], reason.until) == ("snoozed", task.scheduled_at)
    assert reason.sentence == "Its handler has put it off: it is due at 2026-03-01T14:00:00Z, in 2h."


def test_an_error_of_many_lines_is_told_by_its_first() -> None:
    failure = Failure("ValueError", "first\nsecond")
    task = _task(state=TaskState.FAILED, finished_at=NOW, last_failure=failure, deliveries=3)
    assert _explained(task).sentence == (
        "It failed for good at 2026-03-01T12:00:00Z, after attempt 3: ValueError: first. "
        "To run it again: backstage retry t1."
    )


def test_a_worker_that_misses_its_beats_is_told_with_the_end_of_its_lease() -> None:
    lease = Lease("w1", NOW + timedelta(seconds=10))
    task = _task(state=TaskState.RUNNING, lease=lease, started_at=NOW, deliveries=1)
    silent = replace(_worker(), silent_for=20.0, lease=30.0)
    assert _explained(task).sentence == "Worker w1 runs it since 2026-03-01T12:00:00Z."
    assert _explained(task, workers=[replace(silent, silent_for=26.0)]).sentence == (
        "Worker w1 runs it since 2026-03-01T12:00:00Z; it has not been heard of for 26s, and its lease ends in 10s: "
        "another worker then takes the task back."
    )
    assert "has not been heard of lately" in _explained(task, workers=[]).sentence

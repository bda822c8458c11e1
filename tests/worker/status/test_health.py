from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.outcome import OutcomeKind
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.worker.status.health import health, liveness, readiness
from backstage.worker.watching.background_loop_health import LoopHealth
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.vital_signs import Phase, VitalSigns

RUNNING = VitalSigns(worker_id="w", phase=Phase.RUNNING, concurrency=4, queues=("mail",))


def failed(name: str) -> LoopHealth:
    loop = LoopHealth(name)
    loop.failed(StorageUnavailableError("gone"))
    return loop


def test_a_worker_is_alive_until_its_loop_has_been_blocked_for_the_limit() -> None:
    assert liveness(59.9, 60.0)["live"] is True
    assert liveness(60.0, 60.0)["live"] is False


def test_a_worker_that_claims_is_ready() -> None:
    assert readiness(RUNNING, 0.0, None) == {"ready": True, "reasons": []}


def test_each_reason_not_to_be_ready_is_told() -> None:
    assert readiness(replace(RUNNING, phase=Phase.STARTING), 0.0, None)["reasons"] == ["the worker is starting"]
    assert readiness(replace(RUNNING, is_paused=True), 0.0, None)["reasons"] == ["the worker is paused"]
    assert readiness(RUNNING, 2.0, "x")["reasons"] == ["the event loop has been blocked for 2.0 s"]
    both = readiness(replace(RUNNING, loops=[failed("claimer"), failed("pruner")]), 0.0, "no answer")
    assert both == {"ready": False, "reasons": ["the store: no answer", "cannot claim: gone"]}


def test_a_paused_worker_is_healthy_and_its_processors_say_that_they_are_paused() -> None:
    report = health(replace(RUNNING, is_paused=True), WorkerMetrics(), (), 0.0, None)
    assert (report["healthy"], report["paused"]) == (True, True)
    assert report["processors"] == [{"queue_name": "mail", "is_running": True, "is_paused": True, "metrics": None}]


def test_a_queue_that_is_paused_for_the_fleet_is_paused_here() -> None:
    metrics = WorkerMetrics()
    metrics.of("late", "t").count(OutcomeKind.COMPLETED)
    pauses = [Pause(QUEUE, "late", datetime.now(UTC)), Pause(TYPE, "mail", datetime.now(UTC))]
    processors = health(RUNNING, metrics, pauses, 0.0, None)["processors"]
    assert [(each["queue_name"], each["is_paused"]) for each in processors] == [("late", True), ("mail", False)]
    assert processors[0]["metrics"]["completed"] == 1


def test_a_loop_a_store_or_an_event_loop_in_trouble_is_not_healthy() -> None:
    report = health(replace(RUNNING, loops=[failed("pruner")]), WorkerMetrics(), (), 0.0, None)
    assert (report["healthy"], report["loops"][0]["problem"]) == (False, "gone")
    assert health(RUNNING, WorkerMetrics(), (), 0.0, "gone")["healthy"] is False
    assert health(RUNNING, WorkerMetrics(), (), 1.5, None)["event_loop"] == {"healthy": False, "blocked_for": 1.5}


def test_slots_that_are_all_hung_make_a_worker_unready_at_once_and_dead_after_the_limit() -> None:
    some = replace(RUNNING, hung=("pdf", "mail", "pdf"))
    assert (readiness(some, 0.0, None)["ready"], health(some, WorkerMetrics(), (), 0.0, None)["healthy"]) == (
        True,
        True,
    )
    everyone = replace(some, hung=("mail", "pdf", "pdf", "pdf"))
    told = "all 4 slots are taken by handlers that do not end: mail, pdf"
    assert readiness(everyone, 0.0, None)["reasons"] == [told]
    report = health(everyone, WorkerMetrics(), (), 0.0, None)
    assert (report["healthy"], report["slots"]["hung"], report["slots"]["hung_types"]) == (False, 4, ["mail", "pdf"])
    assert liveness(0.0, 60.0, 59.9)["live"] is True
    assert liveness(0.0, 60.0, 60.0)["live"] is False

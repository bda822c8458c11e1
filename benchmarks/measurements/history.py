"""What history costs a worker: its write with each beat, and what a failed run adds to it."""

from __future__ import annotations

import time
from statistics import median

from backstage.domain.failure import Failure
from backstage.domain.history import HistoryQuery, floored
from backstage.domain.task import Task
from backstage.domain.worker_info import LONGEST_BEAT_INTERVAL
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.watching.metrics import WorkerMetrics
from benchmarks.opened_worker import worker_for
from benchmarks.scene import Scene

LANES, BEATS, FAILURES = 20, 100, 1_000


async def measure(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene)
    async with worker:
        container, metrics = worker.backstage, WorkerMetrics()
        recorder = HistoryRecorder(container.backend.history, metrics, container.clock, container.logger)
        taken = list[float]()
        for _ in range(BEATS):
            for lane in range(LANES):
                counts = metrics.of(f"queue-{lane}", "no-op")
                counts.claimed, counts.completed = counts.claimed + 50, counts.completed + 50
            begun = time.perf_counter()
            await recorder.tell()
            taken.append(time.perf_counter() - begun)
        now = container.clock.now()
        failed = _failure_seconds(
            recorder,
            Task(
                id=container.ids.new(),
                type="no-op",
                created_at=now,
                scheduled_at=now,
                correlation_id="c",
                workflow_id="w",
            ),
        )
        day = HistoryQuery(since=floored(now, 86_400), until=now, step=300, by=("queue",))
        begun = time.perf_counter()
        await container.backend.history.read(day)
        read = time.perf_counter() - begun
    write = median(taken)
    return {
        "history_write_ms": write * 1e3,
        "history_share": write / LONGEST_BEAT_INTERVAL,
        "failure_us": failed * 1e6,
        "history_read_ms": read * 1e3,
    }


def _failure_seconds(recorder: HistoryRecorder, task: Task) -> float:
    """Of each failed run, with messages that all differ."""
    failures = [_failure(number) for number in range(FAILURES)]
    begun = time.perf_counter()
    for failure in failures:
        recorder.failed(task, failure)
    return (time.perf_counter() - begun) / FAILURES


def _failure(number: int) -> Failure:
    try:
        raise ValueError(f"no such address: {number}")
    except ValueError as error:
        return Failure.of(error)

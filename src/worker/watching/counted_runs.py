"""What a worker has counted of its runs since it was last asked, as rows of history."""

from __future__ import annotations

from datetime import datetime
from operator import sub

from backstage.domain.history import RUN_BOUNDS, WAIT_BOUNDS, HistoryPoint, HistoryRow
from backstage.worker.watching.metrics import RunMetrics, WorkerMetrics

Lane = tuple[str, str]


class CountedRuns:
    """The numbers of now, less those of the time before: the runs themselves pay nothing for it."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics
        self._told = {lane: _numbers(counts) for lane, counts in metrics.by_lane.copy().items()}

    def since_last(self, at: datetime) -> dict[Lane, HistoryPoint]:
        """Of queues and types of which anything was counted, as points of that moment."""
        new: dict[Lane, HistoryPoint] = {}
        for lane, counts in self._metrics.by_lane.copy().items():
            now, before = _numbers(counts), self._told.get(lane, _NOTHING)
            if now != before:
                new[lane] = _point(at, *map(sub, now, before))
                self._told[lane] = now
        return new


def rows_of(points: dict[Lane, HistoryPoint]) -> tuple[HistoryRow, ...]:
    return tuple(HistoryRow(queue, type_, point) for (queue, type_), point in points.items())


def _numbers(counts: RunMetrics) -> tuple[float, ...]:
    """Each run that is begun has waited; what was claimed ahead and went back has not run."""
    return (
        *(counts.waits.count, counts.completed, counts.failed, counts.retried, counts.seconds, counts.waits.sum),
        *counts.waits.within(WAIT_BOUNDS),
        *counts.durations.within(RUN_BOUNDS),
    )


def _point(
    at: datetime,
    claimed: float,
    completed: float,
    failed: float,
    retried: float,
    run: float,
    wait: float,
    *histograms: float,
) -> HistoryPoint:
    counts = tuple(map(int, histograms))
    return HistoryPoint(
        at=at,
        claimed=int(claimed),
        completed=int(completed),
        failed=int(failed),
        retried=int(retried),
        run_seconds=run,
        wait_seconds=wait,
        waits=counts[: len(WAIT_BOUNDS) + 1],
        runs=counts[len(WAIT_BOUNDS) + 1 :],
    )


_NOTHING = _numbers(RunMetrics())

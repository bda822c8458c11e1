"""The metrics, as prometheus-client collects them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from backstage.worker.status.observed import Observed
from backstage.worker.status.store_figures import StoreFigures

LANE = ("queue", "type")
_OUTCOMES = ("completed", "failed", "retried", "cancelled", "returned")


class Metrics(Collector):
    """Read when they are scraped, on any thread; nothing is counted twice for them.

    `backstage_worker_*` are of this process since it started, `backstage_store_*` of the whole store and the same from
    every worker; those that are counters there never go back. Behind them comes whatever else this process has
    registered with prometheus-client: memory and CPU, and the application's own metrics.
    """

    def __init__(self, observed: Observed) -> None:
        self._observed = observed

    def collect(self) -> Iterator[Metric]:
        yield from self._worker()
        yield from self._runs()
        yield from self._latencies()
        figures = self._observed.figures
        yield _gauge("backstage_up", "Whether the store answered when it was last asked", figures.problem is None)
        if figures.answer is not None:
            yield _gauge(
                "backstage_store_read_age_seconds",
                "How old the backstage_store_* are",
                max(0.0, time.monotonic() - figures.answered_at),
            )
            yield from store_metrics(figures.answer)
        yield from REGISTRY.collect()

    def _worker(self) -> Iterator[Metric]:
        signs, lag = self._observed.worker.vital_signs(), self._observed.lag
        yield _gauge("backstage_worker_slots", "Tasks that it runs at once", signs.concurrency)
        yield _gauge("backstage_worker_hung", "Slots taken by handlers that do not end", len(signs.hung))
        yield _gauge("backstage_worker_waiting", "Tasks claimed that wait for a slot", signs.waiting)
        yield _gauge("backstage_worker_unsettled", "Ends that the store has not taken yet", signs.unsettled)
        yield _gauge("backstage_worker_paused", "Whether it was paused", signs.is_paused)
        yield _gauge("backstage_worker_stopping", "Whether it was told to stop", signs.phase.startswith("stop"))
        healthy = GaugeMetricFamily("backstage_worker_loop_healthy", "Whether a background loop turns", labels=["loop"])
        for loop in signs.loops:
            healthy.add_metric([loop.name], loop.problem() is None)
        yield healthy
        yield _gauge("backstage_worker_blocked_seconds", "How long its event loop has not turned", lag.blocked_for())
        lags = HistogramMetricFamily("backstage_worker_loop_lag_seconds", "How late its event loop wakes what is due")
        lags.add_metric([], lag.lags.cumulative(), lag.lags.sum)
        yield lags

    def _runs(self) -> Iterator[Metric]:
        claimed = CounterMetricFamily("backstage_worker_claimed", "Tasks claimed", labels=LANE)
        runs = CounterMetricFamily("backstage_worker_runs", "Runs that ended, and how", labels=(*LANE, "outcome"))
        lost = CounterMetricFamily("backstage_worker_leases_lost", "Runs whose lease was lost", labels=LANE)
        active = GaugeMetricFamily("backstage_worker_active", "Handlers that run", labels=LANE)
        took = HistogramMetricFamily("backstage_worker_run_seconds", "Handler time of each run", labels=LANE)
        waited = HistogramMetricFamily(
            "backstage_worker_wait_seconds", "From a task's due time to its claim", labels=LANE
        )
        for lane, numbers in self._observed.worker.metrics.by_lane.copy().items():
            claimed.add_metric(lane, numbers.claimed)
            for outcome in _OUTCOMES:
                runs.add_metric((*lane, outcome), getattr(numbers, outcome))
            lost.add_metric(lane, numbers.lost)
            active.add_metric(lane, numbers.active)
            took.add_metric(lane, numbers.durations.cumulative(), numbers.durations.sum)
            waited.add_metric(lane, numbers.waits.cumulative(), numbers.waits.sum)
        yield from (claimed, runs, lost, active, took, waited)

    def _latencies(self) -> Iterator[Metric]:
        latencies = self._observed.latencies
        answered = HistogramMetricFamily(
            "backstage_worker_store_seconds", "How long the store takes to answer", labels=["operation"]
        )
        failed = CounterMetricFamily(
            "backstage_worker_store_errors", "Calls that the store did not answer", labels=["operation"]
        )
        for operation, histogram in latencies.answered.items():
            answered.add_metric([operation], histogram.cumulative(), histogram.sum)
            failed.add_metric([operation], latencies.failed[operation])
        yield from (answered, failed)


def store_metrics(figures: StoreFigures) -> Iterator[Metric]:
    """The same from every process."""
    enqueued = CounterMetricFamily("backstage_store_enqueued", "Tasks ever enqueued", labels=LANE)
    completed = CounterMetricFamily("backstage_store_completed", "Tasks ever completed", labels=LANE)
    tasks = GaugeMetricFamily("backstage_store_tasks", "Tasks stored, by state", labels=(*LANE, "state"))
    for lane, numbers in figures.lanes.items():
        enqueued.add_metric(lane, numbers.total)
        completed.add_metric(lane, numbers.completed)
        for state, number in figures.stored[lane].items():
            tasks.add_metric((*lane, state), number)
    oldest = GaugeMetricFamily(
        "backstage_store_oldest_due_seconds", "How long the oldest due task has waited", labels=LANE
    )
    for lane, seconds in figures.oldest_due.items():
        oldest.add_metric(lane, seconds)
    paused = GaugeMetricFamily("backstage_store_paused", "Queues and types that are paused", labels=["kind", "name"])
    for pause in figures.pauses:
        paused.add_metric([pause.kind, pause.name], 1)
    yield from (enqueued, completed, tasks, oldest, paused)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=float(value))

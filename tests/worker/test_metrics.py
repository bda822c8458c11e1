from __future__ import annotations

import pytest

from backstage.domain.outcome import OutcomeKind
from backstage.worker.watching.histogram import Histogram
from backstage.worker.watching.metrics import MOST_LANES, OTHERS, RunMetrics, WorkerMetrics


def test_the_whole_worker_is_the_sum_of_its_lanes() -> None:
    metrics = WorkerMetrics()
    for queue, type_, kind, seconds in (
        ("mail", "send", OutcomeKind.COMPLETED, 1.0),
        ("mail", "bounce", OutcomeKind.DEAD, 3.0),
        ("default", "send", OutcomeKind.RETRIED, 2.0),
        ("default", "send", OutcomeKind.COMPLETED, 6.0),
    ):
        metrics.of(queue, type_).count(kind)
        metrics.of(queue, type_).seconds += seconds
    assert (metrics.processed, metrics.completed, metrics.failed, metrics.retried, metrics.active) == (4, 2, 1, 1, 0)
    assert (metrics.average_processing_time, metrics.success_rate, metrics.failure_rate) == (3.0, 0.5, 0.5)
    assert {queue: each.processed for queue, each in metrics.by_queue().items()} == {"default": 2, "mail": 2}
    assert {type_: each.average_processing_time for type_, each in metrics.by_type().items()} == {
        "bounce": 3.0,
        "send": 3.0,
    }


def test_a_summary_is_what_json_can_hold() -> None:
    summary = RunMetrics(completed=1, retried=3, active=2, seconds=2.0).summary()
    assert summary["processed"] == 4
    assert (summary["average_processing_time"], summary["success_rate"], summary["failure_rate"]) == (0.5, 0.25, 0.75)
    assert all(isinstance(value, int | float) for value in summary.values())


def test_queues_without_end_share_one_row() -> None:
    metrics = WorkerMetrics()
    for number in range(MOST_LANES + 50):
        metrics.of(f"tenant-{number}", "send").count(OutcomeKind.COMPLETED)
    assert len(metrics.by_lane) == MOST_LANES + 1
    assert metrics.of(*OTHERS).completed == 50
    assert metrics.completed == MOST_LANES + 50


def test_a_histogram_counts_what_was_at_most_each_bound() -> None:
    histogram = Histogram()
    for seconds in (0.0, 0.01, 0.011, 7000.0):
        histogram.observe(seconds)
    buckets = dict(histogram.cumulative())
    assert (buckets["0.001"], buckets["0.01"], buckets["0.025"], buckets["1800.0"], buckets["+Inf"]) == (1, 2, 3, 3, 4)
    assert (histogram.count, histogram.sum) == (4, pytest.approx(7000.021))


def test_merged_histograms_add_up() -> None:
    one, other = Histogram(), Histogram()
    one.observe(0.2)
    other.observe(0.2)
    other.observe(2.0)
    whole = Histogram.merged([one, other])
    assert (whole.count, whole.sum) == (3, pytest.approx(2.4))
    assert dict(whole.cumulative())["0.25"] == 2

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import prometheus_client
import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from backstage import Worker
from backstage.worker.status.event_loop_lag import LoopLag
from backstage.worker.status.observed import Observed
from backstage.worker.status.prometheus import Metrics
from tests.worker.workers import Workers, found, until, until_some

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def observed(worker: Worker) -> Observed:
    latencies = worker.measure_store()
    loop = asyncio.get_running_loop()
    return Observed(worker, worker.backstage.backend, latencies, LoopLag(), loop, stuck_after=60.0)


def scraped(watching: Observed) -> Samples:
    text = generate_latest(Metrics(watching)).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, /, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


async def _fails() -> None:
    raise ValueError


async def test_runs_waits_and_the_stores_answers_are_told(any_workers: Workers) -> None:
    worker = any_workers.new()
    watching = observed(worker)
    worker.on("t", lambda: None)
    worker.on("fails", _fails, max_attempts=1)
    await worker.start()
    for type_ in ("t", "t", "fails"):
        await worker.enqueue(type_)
    await until(lambda: worker.metrics.processed == 3)
    samples = scraped(watching)
    lane = {"queue": "default", "type": "t"}
    assert value(samples, "backstage_worker_runs_total", **lane, outcome="completed") == 2
    assert value(samples, "backstage_worker_runs_total", queue="default", type="fails", outcome="failed") == 1
    assert value(samples, "backstage_worker_claimed_total", **lane) == 2
    assert value(samples, "backstage_worker_run_seconds_bucket", **lane, le="+Inf") == 2
    assert value(samples, "backstage_worker_wait_seconds_count", **lane) == 2
    assert value(samples, "backstage_worker_active", **lane) == 0
    assert (value(samples, "backstage_worker_store_seconds_count", operation="claim") or 0) >= 1
    assert (value(samples, "backstage_worker_store_seconds_count", operation="settle") or 0) >= 1
    assert value(samples, "backstage_worker_store_errors_total", operation="claim") == 0
    assert value(samples, "backstage_worker_loop_healthy", loop="claimer") == 1


async def test_without_an_answer_there_are_no_figures_of_the_store_and_up_is_0(workers: Workers) -> None:
    watching = observed(workers.new())
    samples = scraped(watching)
    assert value(samples, "backstage_up") == 0
    assert not [name for name, _ in samples if name.startswith("backstage_store")]


async def test_what_counts_in_the_store_never_goes_back(any_workers: Workers) -> None:
    worker = any_workers.new(keep_completed=0, keep_failed_for="none", prune_interval=0.1)
    watching = observed(worker)
    worker.on("t", lambda: None)
    worker.on("fails", _fails, max_attempts=1)
    await worker.start()
    await worker.enqueue("t")
    dead = await worker.enqueue("fails")
    assert dead is not None
    await until(lambda: worker.metrics.processed == 2)
    await worker.backstage.retry_task(dead.id, reset_attempts=True)
    await until(lambda: worker.metrics.processed == 3)

    await until_some(lambda: found(worker, type="t"), 0)
    await watching.figures.refresh()
    samples = scraped(watching)
    assert value(samples, "backstage_up") == 1
    assert value(samples, "backstage_store_completed_total", queue="default", type="t") == 1
    assert value(samples, "backstage_store_tasks", queue="default", type="t", state="completed") == 0
    assert value(samples, "backstage_store_enqueued_total", queue="default", type="fails") == 1
    assert value(samples, "backstage_store_tasks", queue="default", type="fails", state="failed") == 1


async def test_depth_age_and_pauses_of_what_waits_are_told(workers: Workers) -> None:
    worker = workers.new()
    watching = observed(worker)
    async with worker:
        await worker.enqueue("nobody:knows", queue="late")
        await worker.backstage.pause_queue("late")
        await watching.figures.refresh()
    samples = scraped(watching)
    lane = {"queue": "late", "type": "nobody:knows"}
    assert value(samples, "backstage_store_tasks", **lane, state="pending") == 1
    assert (value(samples, "backstage_store_oldest_due_seconds", **lane) or 0) > 0
    assert value(samples, "backstage_store_paused", kind="queue", name="late") == 1


@pytest.fixture
def sold() -> Iterator[prometheus_client.Counter]:
    counter = prometheus_client.Counter("shop_sold", "Things that a handler has sold")
    yield counter
    prometheus_client.REGISTRY.unregister(counter)


async def test_an_applications_own_metrics_are_told_beside_ours(
    workers: Workers, sold: prometheus_client.Counter
) -> None:
    sold.inc(3)
    assert value(scraped(observed(workers.new())), "shop_sold_total") == 3

"""A worker's metrics, and its health as probes ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from backstage import GiveUp, Worker
from backstage.worker.status.server import StatusServer
from tests.journeys.waiting import until_answer
from tests.worker.workers import Workers, finish, reached


@asynccontextmanager
async def _served(worker: Worker) -> AsyncIterator[httpx.AsyncClient]:
    async with StatusServer(worker, "127.0.0.1", 0, stuck_after=60) as status:
        url = f"http://127.0.0.1:{status.port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
            yield client


async def test_a_worker_tells_whether_it_lives_is_ready_and_what_is_paused(workers: Workers) -> None:
    worker = workers.new(queues="mail")
    worker.on("t", lambda: None)
    async with _served(worker) as client:
        assert await _is(client, "/health/live", 200)
        assert await _is(client, "/health/ready", 503)
        await worker.start()
        await until_answer("readiness", lambda: _is(client, "/health/ready", 200))
        worker.pause()
        health = (await client.get("/health")).json()
    assert (health["healthy"], health["paused"], health["database"]["healthy"]) == (True, True, True)
    assert [(each["queue_name"], each["is_running"]) for each in health["processors"]] == [("mail", True)]


async def test_a_worker_counts_and_times_what_it_ran_by_queue_and_type(workers: Workers) -> None:
    def gives_up() -> None:
        raise GiveUp("never")

    worker = workers.new(until_idle=True)
    worker.on("good", lambda: None)
    worker.on("bad", gives_up)
    for name in ("good", "good", "good", "bad"):
        await worker.enqueue(name, queue="mail")
    await finish(worker)
    metrics = worker.metrics
    assert (metrics.processed, metrics.completed, metrics.failed, metrics.active) == (4, 3, 1, 0)
    assert (metrics.success_rate, metrics.failure_rate) == (0.75, 0.25)
    assert metrics.average_processing_time is not None
    assert metrics.by_type()["bad"].failed == 1


async def test_prometheus_reads_what_the_worker_ran_and_what_the_store_holds(workers: Workers) -> None:
    worker = workers.new()
    worker.on("t", lambda: None)
    async with _served(worker) as client:
        await worker.start()
        await reached(worker, await worker.enqueue("t"))
        text = (await client.get("/metrics")).text
    assert "backstage_up 1.0" in text
    assert 'backstage_worker_runs_total{outcome="completed",queue="default",type="t"} 1.0' in text


async def test_a_stopped_worker_lives_and_is_not_ready(workers: Workers) -> None:
    worker = workers.new()
    worker.on("t", lambda: None)
    async with _served(worker) as client:
        await worker.start()
        await until_answer("readiness", lambda: _is(client, "/health/ready", 200))
        await worker.stop()
        assert await _is(client, "/health/live", 200)
        assert await _is(client, "/health/ready", 503)


async def _is(client: httpx.AsyncClient, path: str, code: int) -> bool:
    return (await client.get(path)).status_code == code

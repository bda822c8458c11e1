"""Health and metrics of real workers, asked for over HTTP."""

from __future__ import annotations

import signal

import pytest

from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.gate import Gate
from tests.journeys.served_store import ServedStore
from tests.journeys.status import ANY_PORT, Status
from tests.journeys.store import Store
from tests.journeys.waiting import until_answer

SHORT = {"queue": "default", "type": "journey:short"}


async def test_a_worker_tells_what_it_did_and_what_waits(backstage: Container, start_worker: StartWorker) -> None:
    tasks = [await enqueue(backstage, "journey:short") for _ in range(3)]
    await enqueue(backstage, "nobody:knows")
    worker = start_worker("--http", ANY_PORT)
    status = await Status.of(worker)
    for task in tasks:
        await until_answer("the tasks", state_is(backstage, task, TaskState.COMPLETED))
    assert await status.becomes("/health/ready", 200) == {"ready": True, "reasons": []}
    health = await status.becomes("/health", 200)
    assert (health["healthy"], health["phase"], health["paused"]) == (True, "running", False)
    assert [each["queue_name"] for each in health["processors"]] == ["default"]
    assert health["metrics"]["completed"] == 3
    assert health["database"] == {"healthy": True, "problem": None}
    assert await status.metric("backstage_worker_runs_total", **SHORT, outcome="completed") == 3
    assert await status.metric("backstage_worker_run_seconds_count", **SHORT) == 3
    assert await status.metric("backstage_worker_wait_seconds_count", **SHORT) == 3
    assert await status.metric("backstage_up") == 1
    unknown = {"queue": "default", "type": "nobody:knows"}
    assert await status.metric("backstage_store_tasks", **unknown, state="pending") == 1
    assert (await status.metric("backstage_store_oldest_due_seconds", **unknown) or 0) > 0
    assert (await status.metric("backstage_worker_store_seconds_count", operation="claim") or 0) > 0


async def test_what_the_store_counts_goes_on_after_a_restart(backstage: Container, start_worker: StartWorker) -> None:
    for _ in range(2):
        task = await enqueue(backstage, "journey:short")
        worker = start_worker("--http", ANY_PORT)
        status = await Status.of(worker)
        await until_answer("the task", state_is(backstage, task, TaskState.COMPLETED))
        worker.signal(signal.SIGTERM)
        assert await worker.code() == 0
    worker = start_worker("--http", ANY_PORT)
    status = await Status.of(worker)
    await status.becomes("/health/ready", 200)
    assert await status.metric("backstage_store_completed_total", **SHORT) == 2
    assert await status.metric("backstage_store_enqueued_total", **SHORT) == 2
    assert await status.metric("backstage_worker_runs_total", **SHORT, outcome="completed") is None


class TestOnOneFile:
    @pytest.fixture
    def store(self, sqlite_store: Store) -> Store:
        return sqlite_store

    async def test_a_handler_that_blocks_the_loop_does_not_silence_its_worker(
        self, backstage: Container, start_worker: StartWorker, gate: Gate
    ) -> None:
        status = await Status.of(start_worker("--http", ANY_PORT))
        await status.becomes("/health/ready", 200)
        await enqueue(backstage, "journey:blocking-gated", gate.payload)
        report = await status.becomes("/health/ready", 503)
        assert "the event loop has been blocked" in report["reasons"][0]
        assert (await status.get("/health/live"))[0] == 200
        assert (await status.metric("backstage_worker_blocked_seconds") or 0) > 0
        gate.open()
        await status.becomes("/health/ready", 200)

    async def test_a_loop_that_is_blocked_for_too_long_fails_liveness(
        self, backstage: Container, start_worker: StartWorker, gate: Gate
    ) -> None:
        status = await Status.of(start_worker("--http", ANY_PORT, stuck_after=0.5))
        await status.becomes("/health/ready", 200)
        await enqueue(backstage, "journey:blocking-gated", gate.payload)
        report = await status.becomes("/health/live", 503)
        assert report["live"] is False
        gate.open()
        await status.becomes("/health/live", 200)

    async def test_a_worker_that_stops_is_alive_and_not_ready(
        self, backstage: Container, start_worker: StartWorker, gate: Gate
    ) -> None:
        task = await enqueue(backstage, "journey:gated", gate.payload)
        worker = start_worker("--http", ANY_PORT)
        status = await Status.of(worker)
        await until_answer("the task", state_is(backstage, task, TaskState.RUNNING))
        worker.signal(signal.SIGTERM)
        report = await status.becomes("/health/ready", 503)
        assert report["reasons"] == ["the worker is stopping"]
        assert (await status.get("/health/live"))[0] == 200
        gate.open()
        assert await worker.code() == 0

    async def test_each_process_of_a_fleet_has_a_port_of_its_own(self, start_worker: StartWorker) -> None:
        probe = await Status.of(start_worker("--http", ANY_PORT))
        first = int(probe.url.rpartition(":")[2])
        fleet = start_worker("--http", f"127.0.0.1:{first + 1}", "--processes", "2")
        await fleet.logged("status_served", times=2)
        for port in (first + 1, first + 2):
            await Status(f"http://127.0.0.1:{port}").becomes("/health/ready", 200)

    @pytest.mark.parametrize("processes", ["1", "2"])
    async def test_a_port_that_is_taken_is_one_line_and_exit_code_2(
        self, start_worker: StartWorker, processes: str
    ) -> None:
        holder = await Status.of(start_worker("--http", ANY_PORT))
        port = holder.url.rpartition(":")[2]
        second = start_worker("--http", f"127.0.0.1:{port}", "--processes", processes)
        assert await second.code() == 2
        lines = [line for line in second.output().splitlines() if line.startswith("backstage:")]
        assert lines[0].startswith(f"backstage: --http: cannot listen on 127.0.0.1:{port}: ")


class TestWithoutAStore:
    @pytest.fixture
    def store(self, own_store: ServedStore) -> ServedStore:
        return own_store

    async def test_a_worker_whose_server_is_gone_is_alive_and_not_ready_and_its_metrics_say_so(
        self, store: ServedStore, start_worker: StartWorker
    ) -> None:
        worker = start_worker("--http", ANY_PORT)
        status = await Status.of(worker)
        await status.becomes("/health/ready", 200)
        assert await status.metric("backstage_up") == 1
        store.server.kill()
        report = await status.becomes("/health/ready", 503)
        assert report["reasons"][0].startswith("the store: ")
        assert (await status.get("/health/live"))[0] == 200
        assert (await status.get("/health"))[1]["database"]["healthy"] is False

        async def is_down() -> bool:
            return await status.metric("backstage_up") == 0

        await until_answer("backstage_up 0", is_down)
        store.server.start()
        await status.becomes("/health/ready", 200)

    async def test_a_worker_that_waits_for_its_server_is_alive_and_not_ready(
        self, store: ServedStore, start_worker: StartWorker
    ) -> None:
        store.server.kill()
        status = await Status.of(start_worker("--http", ANY_PORT))
        report = await status.becomes("/health/ready", 503)
        assert report["reasons"][0] == "the worker is starting"
        assert (await status.get("/health/live"))[0] == 200
        assert await status.metric("backstage_up") == 0
        store.server.start()
        await status.becomes("/health/ready", 200)

from __future__ import annotations

import asyncio
from pathlib import Path

from backstage.infra.container import Container
from tests.journeys.asking import enqueue
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.store import Store
from tests.journeys.waiting import until
from tests.journeys.worker_process import WorkerProcess


async def test_two_processes_on_one_store_share_the_work(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    workers = [start_worker(concurrency=2) for _ in range(2)]
    for worker in workers:
        await worker.ready()
    await asyncio.gather(*(enqueue(backstage, "journey:short", {"seconds": 0.02}) for _ in range(200)))
    await until("all ends", lambda: len(ledger.entries("end")) == 200)
    shares = [sum(entry.pid == worker.pid for entry in ledger.entries("end")) for worker in workers]
    assert min(shares) >= 20
    assert len(ledger.entries("start")) == 200


async def test_an_enqueue_in_another_process_wakes_an_idle_worker_long_before_its_poll(
    backstage: Container, ledger: Ledger, start_worker: StartWorker, tmp_path: Path, url: str
) -> None:
    worker = start_worker(poll_interval=30)
    await worker.ready()
    producer = WorkerProcess(tmp_path, ("-m", "tests.journeys.producer", url, "1"), environment=ledger.environment)
    assert await producer.code() == 0
    [enqueued] = ledger.entries("enqueued")
    await until("its start", lambda: ledger.entries("start", enqueued.task))
    assert ledger.entries("start")[0].at - enqueued.at < 2


async def test_four_workers_that_start_at_once_on_nothing_make_one_store(
    ledger: Ledger, start_worker: StartWorker, store: Store
) -> None:
    workers = [start_worker(concurrency=1) for _ in range(4)]
    for worker in workers:
        await worker.ready()
    async with Container.open(store.url, silent=True) as backstage:
        await asyncio.gather(*(enqueue(backstage, "journey:short", {"seconds": 0.05}) for _ in range(40)))
        await until("all ends", lambda: len(ledger.entries("end")) == 40)
    assert all(worker.is_alive for worker in workers)
    assert [worker.lines("loop_failed") + worker.lines("claim_failed") for worker in workers] == [[]] * 4
    assert await store.inside.problems() == []

from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from backstage.infra.container import Container
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.store_file import StoreFile
from tests.journeys.waiting import until, until_answer
from tests.journeys.worker_process import WorkerProcess

TASKS = 10_000
KILLS = 10


@pytest.mark.timeout(240)
async def test_ten_kills_lose_none_of_ten_thousand_tasks(
    tmp_path: Path, url: str, database: Path, ledger: Ledger, start_worker: StartWorker
) -> None:
    chance = random.Random(20261123)
    async with Container.open(url, silent=True) as backstage:
        workers = [_start(start_worker) for _ in range(4)]
        producers = [_producer(tmp_path, url, ledger) for _ in range(2)]
        for kill_at in sorted(chance.sample(range(100, TASKS - 1_000), KILLS)):
            await until(f"{kill_at} ends", lambda at=kill_at: len(ledger.entries("end")) >= at, 90)
            victim = chance.randrange(len(workers))
            workers[victim].kill()
            workers[victim] = _start(start_worker)
        assert [await producer.code(90) for producer in producers] == [0, 0]

        async def all_ended() -> bool:
            stats = await backstage.get_task_stats()
            return (stats.total, stats.pending, stats.running) == (TASKS, 0, 0)

        await until_answer("the end of all tasks", all_ended, 90)
        assert (await backstage.get_task_stats()).completed == TASKS
        for worker in workers:
            await worker.ready()
            worker.signal(signal.SIGTERM)
        assert [await worker.code() for worker in workers] == [0, 0, 0, 0]

    enqueued = {entry.task for entry in ledger.entries("enqueued")}
    assert len(enqueued) == TASKS
    assert {entry.task for entry in ledger.entries("end")} == enqueued
    assert len(ledger.pids()) >= 4
    _assert_every_run_had_its_own_fence(ledger)
    file = StoreFile(database)
    assert file.problems() == []
    assert file.counts() == file.recount() == {("default", "journey:short", "completed"): TASKS}
    assert file.leftovers() == {}


def _start(start_worker: StartWorker) -> WorkerProcess:
    return start_worker(lease=1.5, reclaim_interval=0.25, max_deliveries=50)


def _producer(folder: Path, url: str, ledger: Ledger) -> WorkerProcess:
    command = ("-m", "tests.journeys.producer", url, str(TASKS // 2))
    return WorkerProcess(folder, command, environment=ledger.environment)


def _assert_every_run_had_its_own_fence(ledger: Ledger) -> None:
    runs = Counter((entry.task, entry.fence) for entry in ledger.entries("start"))
    assert set(runs.values()) == {1}

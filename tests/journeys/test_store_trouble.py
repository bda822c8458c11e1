from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstage.domain.errors import StorageFullError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.store import Store
from tests.journeys.store_file import StoreFile
from tests.journeys.waiting import until, until_answer
from tests.servers.small_disk import Ballast, small_disk

LOCKED = 3.0


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", mebibytes=8) as disk:
        yield disk


@pytest.fixture
def ballast(disk: Path) -> Ballast:
    return Ballast(disk, mebibytes=3)


async def test_another_writers_lock_delays_everything_and_loses_nothing(
    backstage: Container, database: Path, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    worker = start_worker(reclaim_interval=0.2)
    running = await enqueue(backstage, "journey:gated", gate.payload)
    await until("its start", lambda: ledger.entries("start"))
    with StoreFile(database).locked():
        locked_at = time.monotonic()
        enqueuing = asyncio.gather(*(enqueue(backstage, "journey:short") for _ in range(50)))
        gate.open()
        await until("the lock's end", lambda: time.monotonic() - locked_at > LOCKED)
        assert not enqueuing.done()
    for task in [running, *await enqueuing]:
        await until_answer("its end", state_is(backstage, task, TaskState.COMPLETED))
        assert (await backstage.get_task(task.id)).deliveries == 1
    assert "locked" not in worker.output()
    assert "Traceback" not in worker.output()


async def test_a_full_disk_refuses_new_tasks_lets_running_ones_end_and_goes_on_with_new_room(
    disk: Path, ballast: Ballast, ledger: Ledger, start_worker: StartWorker, gate: Gate
) -> None:
    database = disk / "backstage.db"
    async with Container.open(f"sqlite:///{database}", silent=True) as backstage:
        worker = start_worker(url=f"sqlite:///{database}", concurrency=1)
        running = await enqueue(backstage, "journey:gated", gate.payload)
        await until("its start", lambda: ledger.entries("start"))
        stored = await _fill(backstage)
        file = StoreFile(database)
        assert await file.recount() == await file.counts()
        assert (await backstage.get_task_stats()).total == len(stored) + 1
        gate.open()
        await until_answer("the running task's end", state_is(backstage, running, TaskState.COMPLETED))
        ballast.drop()
        for task in stored:
            await until_answer("its end", state_is(backstage, task, TaskState.COMPLETED))
        late = await enqueue(backstage, "journey:short", {"text": "x" * 50_000})
        await until_answer("a later task's end", state_is(backstage, late, TaskState.COMPLETED))
        assert worker.is_alive
        assert await file.problems() == []
        assert await file.recount() == await file.counts()


async def _fill(backstage: Container) -> list[Task]:
    """Enqueue until there is no room, and return what was accepted."""
    stored: list[Task] = []
    with pytest.raises(StorageFullError, match="free space on its disk"):
        while len(stored) < 1000:
            stored.append(await enqueue(backstage, "journey:short", {"text": "x" * 50_000}))
    assert stored
    return stored

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import claim_request
from backstage.domain.errors import StorageFullError, StorageUnavailableError
from backstage.domain.finding import Severity
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.add import add_task
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.reserve import Reserve
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.testing.fake_clock import FakeClock
from tests.servers.small_disk import Ballast, small_disk

PAGES_LEFT = 40


@dataclass(frozen=True, slots=True)
class FullConnector(Connector):
    """Connects to a file that SQLite may hardly let grow: it answers SQLITE_FULL, as on a full disk."""

    def connect(self) -> sqlite3.Connection:
        connection = super(FullConnector, self).connect()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + PAGES_LEFT}")
        return connection


@pytest.fixture
async def writer(backend: SqliteBackend, path: Path, clock: FakeClock) -> AsyncIterator[Writer]:
    writer = Writer(FullConnector(path, "full", 1.0), clock, lambda: None)
    writer.start(1)
    yield writer
    await asyncio.to_thread(writer.stop)


def add(task: Task, transaction: Transaction) -> None:
    add_task(transaction.cursor, transaction.counts, task, transaction.now())


async def test_a_task_without_room_is_refused_whole_and_a_smaller_one_goes_on(
    writer: Writer, backend: SqliteBackend, new_task: TaskFactory
) -> None:
    huge, small = new_task(payload_json=f'"{"x" * 1_000_000}"'), new_task()
    with pytest.raises(StorageFullError, match="free space"):
        await writer.enqueue(partial(add, huge))
    assert [count for count in await backend.tasks.counts() if count.tasks] == []
    await writer.run(partial(add, small))
    assert await backend.tasks.get(small.id) == small


async def test_of_calls_that_wait_together_only_the_one_without_room_is_refused(
    writer: Writer, backend: SqliteBackend, new_task: TaskFactory
) -> None:
    tasks = [new_task(), new_task(payload_json=f'"{"x" * 1_000_000}"'), new_task()]
    answers = await asyncio.gather(*(writer.enqueue(partial(add, task)) for task in tasks), return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), StorageFullError, type(None)]


def test_the_reserve_is_a_mebibyte_that_can_be_spent_once_and_comes_back(path: Path) -> None:
    reserve, file = Reserve(path), path.with_name("backstage.db-reserve")
    assert reserve.restore()
    assert file.stat().st_blocks * 512 >= 1024 * 1024
    assert reserve.spend()
    assert not file.exists()
    assert not reserve.spend()
    assert reserve.is_spent
    assert reserve.restore()
    assert not reserve.is_spent


@contextlib.contextmanager
def no_file_may_reach(size: int) -> Iterator[None]:
    """Let the system refuse to lay out larger files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_while_the_reserve_cannot_be_restored_only_new_tasks_are_refused(
    writer: Writer, backend: SqliteBackend, path: Path, new_task: TaskFactory
) -> None:
    with pytest.raises(StorageFullError):  # carrying on may spend the reserve, here in vain
        await writer.run(partial(add, new_task(payload_json=f'"{"x" * 1_000_000}"')))
    assert "backstage.db-reserve" not in await asyncio.to_thread(os.listdir, path.parent)
    carried_on = new_task()
    with no_file_may_reach(1024 * 1024 - 1):
        with pytest.raises(StorageFullError, match="no room for new tasks"):
            await writer.enqueue(partial(add, new_task()))
        await writer.run(partial(add, carried_on))
    await writer.enqueue(partial(add, new_task()))
    assert await backend.tasks.get(carried_on.id) == carried_on


@dataclass(slots=True)
class FullDisk:
    store: Path
    tasks: list[Task]

    def fill(self) -> None:
        with contextlib.suppress(OSError):
            Ballast(self.store.parent, 16)

    def make_room(self) -> None:
        (self.store.parent / "ballast").unlink()


@contextlib.asynccontextmanager
async def opened(store: SqliteBackend) -> AsyncIterator[SqliteBackend]:
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def full_disk(tmp_path: Path, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[FullDisk]:
    """A closed store of a thousand tasks on a disk that something else has filled up."""
    with small_disk(tmp_path / "disk", 8) as disk:
        tasks = [new_task(payload_json=f'"{"x" * 300}"') for _ in range(1000)]
        async with opened(SqliteBackend(disk / "tasks.db", clock, boot_id="before")) as store:
            await store.tasks.add(tasks)
        ballast = FullDisk(disk / "tasks.db", tasks)
        await asyncio.to_thread(ballast.fill)
        yield ballast


async def test_a_store_on_a_full_disk_is_opened_looked_at_cancelled_pruned_and_examined(
    full_disk: FullDisk, clock: FakeClock
) -> None:
    async with opened(SqliteBackend(full_disk.store, clock, boot_id="before")) as store:
        assert sum(count.tasks for count in await store.tasks.counts()) == 1000
        await store.tasks.save(full_disk.tasks[0].cancel(clock.now()))
        assert await store.tasks.prune(Retention(state=TaskState.CANCELLED, keep_last=0), 10) == 1
        with pytest.raises(StorageFullError, match="no room for new tasks"):
            await store.tasks.add([full_disk.tasks[0]])
    findings = {finding.name: finding for finding in await SqliteBackend(full_disk.store, clock).diagnose()}
    assert Severity.ERROR not in {finding.status for finding in findings.values()}
    assert "the disk is full" in findings["room"].detail


async def test_a_full_disk_after_a_restart_of_the_host_lets_all_tasks_be_done_and_takes_new_ones_once_there_is_room(
    full_disk: FullDisk, clock: FakeClock, new_task: TaskFactory
) -> None:
    async with opened(SqliteBackend(full_disk.store, clock, boot_id="after")) as store:  # the boot is written down
        while tasks := (await store.queue.claim(claim_request(50))).tasks:
            assert None not in await store.queue.settle([task.completed() for task in tasks])
        assert {count.state: count.tasks for count in await store.tasks.counts() if count.tasks} == {"completed": 1000}
        await asyncio.to_thread(full_disk.make_room)
        await store.tasks.add([new_task()])
    assert "tasks.db-reserve" in await asyncio.to_thread(os.listdir, full_disk.store.parent)


async def test_a_store_without_its_reserve_asks_on_a_full_disk_whether_it_is_full(
    full_disk: FullDisk, clock: FakeClock
) -> None:
    await asyncio.to_thread(Reserve(full_disk.store).spend)
    await asyncio.to_thread(full_disk.fill)
    with pytest.raises(StorageUnavailableError, match="is its disk full"):
        await SqliteBackend(full_disk.store, clock).open()

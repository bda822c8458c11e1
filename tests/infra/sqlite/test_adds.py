"""Who writes new tasks: the caller's thread, or the writer's, for one call or for several (decision 0110)."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from backstage import BlockingContainer, Container, Settings
from backstage.conformance.task_factory import TaskFactory
from backstage.domain.errors import TaskNotFoundError
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.testing.fake_clock import FakeClock
from tests.sqlite_files import NewSqliteFile

WRITER = "backstage-sqlite-writer"
HERE = threading.current_thread().name


class ClockOfAWitness(FakeClock):
    """Notes in which thread each operation of the store asks for the time."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[str] = []

    def now(self) -> datetime:
        self.threads.append(threading.current_thread().name)
        return super().now()


@pytest.fixture
def witness() -> ClockOfAWitness:
    return ClockOfAWitness()


@pytest.fixture
async def normal(path: Path, witness: ClockOfAWitness, new_sqlite_file: NewSqliteFile) -> AsyncIterator[SqliteBackend]:
    new_sqlite_file(path)
    backend = SqliteBackend(path, witness, synchronous="normal", wal_bytes=100_000)
    await backend.open()
    witness.threads.clear()
    yield backend
    await backend.close()


@pytest.fixture
async def full(path: Path, witness: ClockOfAWitness, new_sqlite_file: NewSqliteFile) -> AsyncIterator[SqliteBackend]:
    new_sqlite_file(path)
    backend = SqliteBackend(path, witness)
    await backend.open()
    witness.threads.clear()
    yield backend
    await backend.close()


@pytest.fixture
def new(clock: FakeClock) -> TaskFactory:
    return TaskFactory(clock)


@pytest.fixture
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection; the test begins its transaction."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
        yield connection


async def test_a_lone_add_that_waits_for_no_disk_is_made_in_the_loops_thread(
    normal: SqliteBackend, witness: ClockOfAWitness, new: TaskFactory
) -> None:
    task = new()
    assert await normal.tasks.add([task]) == [None]
    assert set(witness.threads) == {HERE}
    assert await normal.tasks.get(task.id) == task


async def test_no_commit_that_waits_for_the_disk_is_made_in_the_loops_thread(
    full: SqliteBackend, witness: ClockOfAWitness, new: TaskFactory
) -> None:
    await full.tasks.add([new()])
    assert set(witness.threads) == {WRITER}


async def test_many_tasks_at_once_are_not_written_in_the_loops_thread(
    normal: SqliteBackend, witness: ClockOfAWitness, new: TaskFactory
) -> None:
    await normal.tasks.add([new() for _ in range(100)])
    assert set(witness.threads) == {WRITER}


async def test_a_caller_that_adds_one_after_the_other_leaves_the_loop_to_others(
    normal: SqliteBackend, new: TaskFactory
) -> None:
    adding = asyncio.create_task(normal.tasks.add([new()]))
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    await adding
    assert ran.is_set()


async def test_adds_of_one_turn_of_the_loop_are_one_operation(
    full: SqliteBackend, witness: ClockOfAWitness, new: TaskFactory
) -> None:
    tasks = [new() for _ in range(50)]
    assert await asyncio.gather(*(full.tasks.add([task]) for task in tasks)) == [[None]] * 50
    assert len(witness.threads) <= 2
    assert sum(count.tasks for count in await full.tasks.counts()) == 50


async def test_an_add_that_fails_takes_no_other_of_its_turn_with_it(full: SqliteBackend, new: TaskFactory) -> None:
    first, good, bad, last = new(), new(), new(origin_id="\ud800"), new()
    answers = await asyncio.gather(
        *(full.tasks.add([task]) for task in (first, good, bad, last)), return_exceptions=True
    )
    assert [isinstance(answer, Exception) for answer in answers] == [False, False, True, False]
    assert [(await full.tasks.get(task.id)).id for task in (first, good, last)] == [first.id, good.id, last.id]


async def test_an_add_whose_caller_has_gone_before_the_turn_ends_is_not_made(
    full: SqliteBackend, new: TaskFactory
) -> None:
    first, gone, other = new(), new(), new()
    calls = [asyncio.ensure_future(full.tasks.add([task])) for task in (first, gone, other)]
    asyncio.get_running_loop().call_soon(calls[1].cancel)
    await asyncio.gather(*calls, return_exceptions=True)
    with pytest.raises(TaskNotFoundError):
        await full.tasks.get(gone.id)
    assert (await full.tasks.get(other.id)).id == other.id


async def test_an_add_waits_for_another_writer_without_stopping_the_loop(
    normal: SqliteBackend, witness: ClockOfAWitness, new: TaskFactory, locked: sqlite3.Connection
) -> None:
    locked.execute("BEGIN IMMEDIATE")
    adding = asyncio.create_task(normal.tasks.add([new()]))
    await asyncio.sleep(0)
    assert not adding.done()
    locked.execute("COMMIT")
    assert await adding == [None]
    assert set(witness.threads) == {WRITER}


async def test_direct_writes_do_not_let_the_wal_grow(normal: SqliteBackend, path: Path, new: TaskFactory) -> None:
    for _ in range(300):
        await normal.tasks.add([new()])
    wal = path.with_name(f"{path.name}-wal")
    async with asyncio.timeout(20):
        while await asyncio.to_thread(lambda: wal.stat().st_size) > 400_000:
            await normal.tasks.add([new()])


@pytest.mark.parametrize("synchronous", ["full", "normal"])
def test_a_blocking_enqueue_writes_in_its_callers_thread(
    path: Path, witness: ClockOfAWitness, synchronous: str
) -> None:
    settings = Settings.load(url=f"sqlite:///{path}?synchronous={synchronous}")
    with BlockingContainer(container=Container(settings, clock=witness)) as backstage:
        witness.threads.clear()
        task = backstage.enqueue("a")
        assert set(witness.threads) == {HERE}
        assert task is not None
        assert backstage.get_task(task.id) == task


def test_a_blocking_enqueue_waits_for_another_writer(
    path: Path, witness: ClockOfAWitness, locked: sqlite3.Connection
) -> None:
    with BlockingContainer(container=Container(Settings.load(url=f"sqlite:///{path}"), clock=witness)) as backstage:
        locked.execute("BEGIN IMMEDIATE")
        threading.Timer(0.05, lambda: locked.execute("COMMIT")).start()
        assert backstage.enqueue("a") is not None
        assert WRITER in witness.threads


def test_closing_waits_for_a_thread_that_writes_itself(path: Path, locked: sqlite3.Connection) -> None:
    entered, gate, stored = threading.Event(), threading.Event(), []

    class ClockWithAGate(FakeClock):
        def now(self) -> datetime:
            if threading.current_thread().name == "enqueues" and locked_by_another(locked):
                entered.set()
                gate.wait(10)
            return super().now()

    settings = Settings.load(url=f"sqlite:///{path}")
    backstage = BlockingContainer(container=Container(settings, clock=ClockWithAGate()))
    backstage.enqueue("a")
    enqueues = threading.Thread(target=lambda: stored.append(backstage.enqueue("a")), name="enqueues")
    enqueues.start()
    assert entered.wait(10)
    closes = threading.Thread(target=backstage.close)
    closes.start()
    closes.join(0.2)
    assert closes.is_alive()
    gate.set()
    enqueues.join(10)
    closes.join(10)
    [(number,)] = locked.execute("SELECT count(*) FROM backstage_tasks")
    assert len(stored) == 1
    assert number == 2


def locked_by_another(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    connection.execute("ROLLBACK")
    return False

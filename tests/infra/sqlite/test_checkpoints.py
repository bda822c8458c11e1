from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain, pairwise
from pathlib import Path

import pytest

from backstage import infra
from backstage.conformance.task_factory import TaskFactory
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.task import Task
from backstage.infra.sqlite.add import add_task
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.sqlite.checkpoints import Checkpoints
from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.location import FileIdentity
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.testing.fake_clock import FakeClock

LIMIT = 128 * 1024
ONE_COMMIT = 128 * 1024  # more than the tasks of one call and the indexes they touch


@pytest.fixture
def connector(path: Path) -> Connector:
    return Connector(path, "normal", 5.0, wal_bytes=LIMIT)


@pytest.fixture
async def writer(backend: SqliteBackend, connector: Connector, clock: FakeClock) -> AsyncIterator[Writer]:
    writer = Writer(connector, clock, lambda: None)
    writer.start(1)
    yield writer
    await asyncio.to_thread(writer.stop)


def wal_size(path: Path) -> int:
    return path.with_name(f"{path.name}-wal").stat().st_size


def add(tasks: list[Task], transaction: Transaction) -> None:
    for task in tasks:
        add_task(transaction.cursor, transaction.counts, task, transaction.now())


def last_change(path: Path) -> int:
    return path.stat().st_mtime_ns


def replace_by_another(path: Path) -> None:
    path.rename(path.with_name("moved.db"))
    path.touch()


def write_something(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO backstage_boots (boot_id) VALUES ('another')")


async def sizes_while_adding(writer: Writer, path: Path, new_task: TaskFactory, commits: int) -> list[int]:
    sizes = []
    for _ in range(commits):
        await writer.run(partial(add, [new_task(payload_json=f'"{"x" * 900}"') for _ in range(10)]))
        sizes.append(await asyncio.to_thread(wal_size, path))
    return sizes


async def test_the_wal_stays_near_its_size_while_tasks_are_added(
    writer: Writer, path: Path, new_task: TaskFactory
) -> None:
    sizes = await sizes_while_adding(writer, path, new_task, 40)
    assert max(sizes) <= LIMIT + 2 * ONE_COMMIT
    assert sum(late < early for early, late in pairwise(sizes)) >= 3  # it began anew, and was cut


async def test_the_wal_comes_back_to_its_size_after_a_long_reader(
    writer: Writer, path: Path, new_task: TaskFactory
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM backstage_tasks").fetchone()
        during = await sizes_while_adding(writer, path, new_task, 25)
        assert reader.execute("SELECT count(*) FROM backstage_tasks").fetchone() == (0,)
        reader.execute("ROLLBACK")
    assert during[-1] > 3 * LIMIT  # what the reader may still ask for is kept
    after = await sizes_while_adding(writer, path, new_task, 25)
    assert max(after) <= during[-1] * 5 // 4 + ONE_COMMIT
    assert after[-1] <= LIMIT + 2 * ONE_COMMIT


@contextmanager
def readers_without_a_gap(path: Path) -> Iterator[None]:
    """Four readers, each with a snapshot of a few milliseconds after the other: hardly a moment is without one."""
    over = threading.Event()

    def read() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            while not over.is_set():
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM backstage_counts").fetchone()
                over.wait(0.004)
                connection.execute("ROLLBACK")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


async def test_the_wal_stays_bounded_while_there_is_always_some_reader(
    writer: Writer, path: Path, new_task: TaskFactory
) -> None:
    with readers_without_a_gap(path):
        sizes = await sizes_while_adding(writer, path, new_task, 100)
    assert max(sizes) <= 8 * LIMIT
    assert sum(late < early for early, late in pairwise(sizes)) >= 2


def test_every_connection_to_the_file_is_made_in_one_place() -> None:
    package = Path(infra.__file__).parents[1]
    places = {
        file.name: found
        for file in package.rglob("*.py")
        if (found := re.findall(r"sqlite3\.connect\((.*)", file.read_text("utf-8")))
    }
    assert places.pop("connection.py")
    assert set(chain(*places.values())) <= {'":memory:")) as nothing:'}


async def test_no_connection_of_ours_checkpoints_by_itself(connector: Connector, backend: SqliteBackend) -> None:
    for connect in (connector.connect, connector.connect_reader):
        with closing(connect()) as connection:
            assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


async def test_a_checkpoint_waits_for_a_writer_that_has_the_lock(
    connector: Connector, backend: SqliteBackend, path: Path
) -> None:
    impatient = Connector(path, "full", 0.0, wal_bytes=0)
    with closing(connector.connect()) as other, closing(impatient.connect()) as own:
        write_something(own)
        other.execute("BEGIN IMMEDIATE")
        before = last_change(path)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            Checkpoints(impatient).run_if_due(own, FileIdentity.of(path))
        other.execute("ROLLBACK")
        assert last_change(path) == before


async def test_a_checkpoint_never_touches_a_file_that_took_the_place_of_the_opened_one(
    connector: Connector, backend: SqliteBackend, path: Path
) -> None:
    identity = FileIdentity.of(path)
    eager = Connector(path, "full", 1.0, wal_bytes=0)
    with closing(connector.connect()) as own:
        write_something(own)
        await asyncio.to_thread(replace_by_another, path)
        with pytest.raises(StorageUnavailableError, match="replaced"):
            Checkpoints(eager).run_if_due(own, identity)

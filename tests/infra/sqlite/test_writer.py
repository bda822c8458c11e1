from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial, claim_request
from backstage.domain.errors import StaleTaskError, StorageUnavailableError
from backstage.domain.task_query import TaskQuery
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.testing.fake_clock import FakeClock


class Gate:
    """An operation that keeps the writer busy until it is opened."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, transaction: Transaction) -> None:
        self.entered.set()
        assert self.opened.wait(30)


@pytest.fixture
async def writer(backend: SqliteBackend, path: Path, clock: FakeClock) -> AsyncIterator[Writer]:
    writer = Writer(Connector(path, "full", 30.0), clock, lambda: None)
    writer.start(1)
    yield writer


async def test_all_calls_that_wait_share_one_transaction(writer: Writer) -> None:
    gate = Gate()
    first = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait)
    waiting = [asyncio.create_task(writer.run(lambda transaction: transaction)) for _ in range(50)]
    await asyncio.sleep(0)
    gate.opened.set()
    await first
    assert len({id(each) for each in await asyncio.gather(*waiting)}) == 1


async def test_a_call_that_comes_while_others_are_made_shares_their_commit(writer: Writer) -> None:
    gate = Gate()

    def gated(transaction: Transaction) -> Transaction:
        gate(transaction)
        return transaction

    first = asyncio.create_task(writer.run(gated))
    await asyncio.to_thread(gate.entered.wait)
    late = asyncio.create_task(writer.run(lambda transaction: transaction))
    await asyncio.sleep(0)
    gate.opened.set()
    assert await first is await late


async def test_a_call_that_is_refused_undoes_only_itself(writer: Writer, trial: Trial) -> None:
    def pause(name: str, transaction: Transaction) -> None:
        transaction.cursor.execute("INSERT INTO backstage_pauses (kind, name, since) VALUES ('queue', ?, 0)", (name,))
        transaction.counts.add("pending", name, "t", 1)
        if name == "bad":
            raise StaleTaskError(name)

    gate = Gate()
    first = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait)
    waiting = [
        asyncio.create_task(writer.run(lambda transaction, name=name: pause(name, transaction)))
        for name in ("before", "bad", "after")
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await first
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), StaleTaskError, type(None)]
    assert [pause.name for pause in await trial.control.paused()] == ["after", "before"]
    assert sorted(count.queue for count in await trial.tasks.counts()) == ["after", "before"]


async def test_a_call_whose_caller_was_cancelled_while_it_waited_is_not_made(writer: Writer) -> None:
    gate, made = Gate(), threading.Event()
    first = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait)
    given_up = asyncio.create_task(writer.run(lambda transaction: made.set()))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    gate.opened.set()
    await first
    await writer.run(lambda transaction: None)
    assert not made.is_set()


async def test_callers_on_other_threads_loops_get_their_answers(trial: Trial, new_task: TaskFactory) -> None:
    tasks = [new_task() for _ in range(8)]
    await asyncio.gather(*(asyncio.to_thread(asyncio.run, trial.tasks.add([task])) for task in tasks))
    assert len((await trial.tasks.find(TaskQuery())).tasks) == 8


async def test_a_reader_sees_its_own_write_at_once(trial: Trial) -> None:
    for _ in range(50):
        task = await trial.added()
        assert await trial.tasks.get(task.id) == task


async def test_reads_do_not_wait_for_a_long_write(writer: Writer, trial: Trial) -> None:
    task = await trial.added()
    gate = Gate()
    long = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait)
    async with asyncio.timeout(30):
        assert await trial.tasks.get(task.id) == task
    gate.opened.set()
    await long


async def test_another_writers_lock_is_reported_after_the_timeout_and_survived(path: Path, clock: FakeClock) -> None:
    backend = SqliteBackend(path, clock, busy_timeout=0.1)
    await backend.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    trial = Trial(backend, clock, TaskFactory(clock))
    task = trial.new_task()
    with pytest.raises(StorageUnavailableError, match="locked"):
        await trial.tasks.add([task])
    other.execute("ROLLBACK")
    other.close()
    assert await trial.tasks.add([task]) == [None]
    await backend.close()


async def test_a_file_that_was_deleted_or_replaced_takes_no_more_tasks(trial: Trial, path: Path) -> None:
    await trial.added()
    moved = await asyncio.to_thread(path.rename, path.with_name("elsewhere"))
    with pytest.raises(StorageUnavailableError, match="is gone"):
        await trial.added()
    await asyncio.to_thread(path.write_bytes, b"")
    with pytest.raises(StorageUnavailableError, match="replaced"):
        await trial.tasks.find(TaskQuery())
    moved.rename(path)
    await trial.added()
    assert len((await trial.tasks.find(TaskQuery())).tasks) == 2


async def test_calls_before_open_and_after_close_say_so(path: Path, clock: FakeClock) -> None:
    backend = SqliteBackend(path, clock)
    with pytest.raises(StorageUnavailableError, match="not open"):
        await backend.queue.claim(claim_request())
    await backend.open()
    await backend.close()
    with pytest.raises(StorageUnavailableError, match="closed"):
        await backend.queue.claim(claim_request())


async def test_every_connection_has_its_pragmas(path: Path, backend: SqliteBackend) -> None:
    connection = Connector(path, "full", 1.0).connect()
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "busy_timeout", "mmap_size")
    }
    connection.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 1000, "mmap_size": 0}

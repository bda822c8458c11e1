"""The example adapter: every promise of the ports, and what only a journal does."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from backstage.conformance.backend_suite import Connect, NewStore, on_trial
from backstage.conformance.joining import RefusesTransactionsSuite
from backstage.conformance.moved_tasks import in_every_state
from backstage.conformance.suite import ConformanceSuite
from backstage.conformance.task_factory import TaskFactory
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import ConfigurationError, StorageFullError, StorageUnavailableError
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.infra.system_clock import SystemClock
from backstage.testing.fake_clock import FakeClock
from backstage.worker.hosting.worker import Worker
from examples.journal.backend import JournalBackend


class TestJournal(ConformanceSuite, RefusesTransactionsSuite):
    @pytest.fixture
    def new_store(self, tmp_path_factory: pytest.TempPathFactory) -> NewStore:
        def new_store() -> Connect:
            path: Path = tmp_path_factory.mktemp("journal") / "tasks.jsonl"
            return lambda clock: JournalBackend(path, clock)

        return new_store


KILLED = """
import asyncio, sys
from pathlib import Path
from examples.journal.backend import JournalBackend
from backstage.conformance.task_factory import TaskFactory
from backstage.infra.system_clock import SystemClock

async def main():
    backend = JournalBackend(Path(sys.argv[1]), SystemClock())
    await backend.open()
    new_task = TaskFactory(backend.clock)
    while True:
        task = new_task(payload_json=f'"{"x" * 5000}"')
        await backend.tasks.add([task])
        print(task.id, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.jsonl"


async def test_everything_is_kept_when_the_store_closes(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        await in_every_state(trial)
        before, tally = await trial.archive.read(None, 100), await trial.tally()
        await trial.control.pause("queue", "mail")
        schedule, position = await trial.schedules.put(CronTask("@daily", "report")), await trial.broadcasts.position()
        message = BroadcastMessage(id="m", name="reload", sent_at=clock.now())
        await trial.broadcasts.send(message)
        holder = await trial.added(dedupe=Dedupe("k"))
    async with on_trial(partial(JournalBackend, path), clock, new_task) as again:
        assert await again.archive.read(None, 100) == [*before, StoredTask(holder, ())]
        assert await again.tally() == tally | {("default", "email:send", TaskState.PENDING): (4, 0)}
        assert [pause.name for pause in await again.control.paused()] == ["mail"]
        assert await again.schedules.all() == [schedule]
        assert list((await again.broadcasts.receive(position, 10)).messages) == [message]
        assert await again.tasks.add([new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]


async def test_no_lease_outlives_the_process(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        running = await trial.running()
    async with on_trial(partial(JournalBackend, path), clock, new_task) as again:
        assert [task.id for task, _ in await again.queue.reclaim(5, 10)] == [running.id]


async def test_a_line_that_a_crash_cut_short_never_happened(
    path: Path, clock: FakeClock, new_task: TaskFactory
) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        whole = await trial.added()
        size = _size(path)
        await trial.added()
    os.truncate(path, size + 100)
    async with on_trial(partial(JournalBackend, path), clock, new_task) as again:
        assert [each.task for each in await again.archive.read(None, 10)] == [whole]


async def test_a_step_that_finds_no_room_leaves_nothing(
    path: Path, clock: FakeClock, new_task: TaskFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        running = await trial.running()
        with monkeypatch.context() as full:
            full.setattr(os, "fdatasync", _no_room)
            with pytest.raises(StorageFullError):
                await trial.tasks.add([new_task(), new_task(dedupe=Dedupe("k"))])
            with pytest.raises(StorageFullError):
                await trial.settle(running.completed())
        assert await trial.queue.held_by("w1") == [running]
        assert await trial.queue.reclaim(5, 10) == []
        assert await trial.tally() == {("default", "email:send", TaskState.RUNNING): (1, 0)}
        assert await trial.settle(running.completed()) is TaskState.COMPLETED


async def test_a_second_process_is_refused(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task):
        with pytest.raises(ConfigurationError, match="is open in another process"):
            await JournalBackend(path, clock).open()


async def test_a_closed_store_takes_nothing(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        pass
    with pytest.raises(StorageUnavailableError):
        await trial.tasks.add([new_task()])


async def test_the_journal_is_written_anew_without_what_is_over(
    path: Path, clock: FakeClock, new_task: TaskFactory
) -> None:
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        for _ in range(20):
            await trial.settle((await trial.running()).completed())
        await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 100)
        tally = await trial.tally()
    grown = _size(path)
    async with on_trial(partial(JournalBackend, path), clock, new_task) as again:
        assert await again.tally() == tally == {("default", "email:send", TaskState.COMPLETED): (20, 20)}
        assert _size(path) < grown / 20


async def test_what_was_stored_survives_a_kill(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    told = _told_before_a_kill(path)
    async with on_trial(partial(JournalBackend, path), clock, new_task) as trial:
        stored = [each.task.id for each in await trial.archive.read(None, 1000)]
        assert stored[: len(told)] == told
        assert len(told) >= 20


async def test_a_worker_runs_on_it(path: Path) -> None:
    container = Container(Settings(silent=True, until_idle=True), backend=JournalBackend(path, SystemClock()))
    worker = Worker(container=container)
    got: list[int] = []

    @worker.on("a")
    def run(payload: int) -> None:
        got.append(payload)

    async with asyncio.timeout(60):
        for n in range(5):
            await worker.enqueue("a", n)
        await worker.run()
    assert sorted(got) == [0, 1, 2, 3, 4]


def _no_room(file: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _size(path: Path) -> int:
    return path.stat().st_size


def _told_before_a_kill(path: Path) -> list[str]:
    """The ids that a process said were stored until it was killed."""
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [next(process.stdout) for _ in range(20)]
        process.kill()
        return [line.strip() for line in (*told, *process.stdout) if line.endswith("\n")]

"""No checkpoint ever runs beside a commit: four real processes, two of them killed at work, and a look at their logs.

A process notes that it has the write lock, that it commits, and that it checkpoints. SQLite gives the lock to one at a
time; so a checkpoint that lies within its process's hold of the lock has no commit beside it.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from tests.infra.sqlite import traced_process

PROCESSES, KILLS = 4, 2
DEADLINE = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    at: int
    name: str
    file_changed_at: int


@dataclass(frozen=True, slots=True)
class Span:
    """What one process did without a break; of one that was killed meanwhile, as far as it is known."""

    process: int
    begin: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.begin <= other.end and other.begin <= self.end

    def contains(self, other: Span) -> bool:
        return self.process == other.process and self.begin <= other.begin and other.end <= self.end


def spans(process: int, steps: list[Step], begin: str, end: str) -> Iterator[Span]:
    """Each step `begin` up to the next `end`; a killed process may have had no time to note the end."""
    since = None
    for step in steps:
        if step.name == begin:
            since = step.at
        elif step.name == end and since is not None:
            yield Span(process, since, step.at)
            since = None
    if since is not None:
        yield Span(process, since, max(since, steps[-1].at))


def read(log: Path) -> list[Step]:
    lines = log.read_text().splitlines(keepends=True)
    whole = (line.split() for line in lines if line.endswith("\n"))
    return [Step(int(at), name, int(changed)) for at, name, changed in whole]


class Fleet:
    """Processes that share a store, each with a log of its own; one that is killed is followed by a new one."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self.logs: list[Path] = []
        self._running = [self._start() for _ in range(PROCESSES)]

    def _start(self) -> subprocess.Popen[bytes]:
        log = self._store.with_name(f"log-{len(self.logs)}")
        log.touch()
        self.logs.append(log)
        return subprocess.Popen([sys.executable, traced_process.__file__, str(self._store), str(log)])

    def kill_and_replace(self, number: int) -> None:
        killed, self._running = self._running[:number], self._running[number:]
        for process in killed:
            process.kill()
            process.wait()
        self._running += [self._start() for _ in killed]

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def wait_for(self, reached: Callable[[list[str]], bool]) -> int:
        """Wait until the logs of those that run are as wanted, and return the largest size of the WAL meanwhile."""
        deadline, largest = time.monotonic() + DEADLINE, 0
        while not reached([log.read_text() for log in self.logs[-PROCESSES:]]):
            assert all(process.poll() is None for process in self._running), "a process ended by itself"
            assert time.monotonic() < deadline, "not reached in time"
            with suppress(FileNotFoundError):
                largest = max(largest, self._store.with_name(f"{self._store.name}-wal").stat().st_size)
            time.sleep(0.02)
        return largest


def all_have_committed(logs: list[str]) -> bool:
    return all("committed" in log for log in logs)


def several_have_checkpointed(logs: list[str]) -> bool:
    return sum("checkpointed" in log for log in logs) >= 2 and sum(log.count("checkpointed") for log in logs) >= 5


def run_fleet(store: Path) -> list[list[Step]]:
    fleet = Fleet(store)
    try:
        fleet.wait_for(all_have_committed)
        fleet.kill_and_replace(KILLS)
        assert fleet.wait_for(several_have_checkpointed) < 8 * traced_process.WAL_BYTES
    finally:
        fleet.stop()
    return [read(log) for log in fleet.logs]


async def test_no_checkpoint_runs_beside_a_commit_of_any_process(path: Path) -> None:
    backend = SqliteBackend(path, SystemClock())
    await backend.open()
    await backend.close()
    traces = run_fleet(path)
    locks = [span for n, steps in enumerate(traces) for span in spans(n, steps, "locked", "committing")]
    commits = [span for n, steps in enumerate(traces) for span in spans(n, steps, "committing", "committed")]
    checkpoints = [span for n, steps in enumerate(traces) for span in spans(n, steps, "checkpointing", "checkpointed")]
    assert len({span.process for span in checkpoints}) >= 2
    for checkpoint in checkpoints:
        assert any(lock.contains(checkpoint) for lock in locks)
        assert not [lock for lock in locks if lock.process != checkpoint.process and lock.overlaps(checkpoint)]
        assert not [commit for commit in commits if checkpoint.begin <= commit.begin <= checkpoint.end]
    assert_that_nothing_else_moved_pages(traces, checkpoints)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def assert_that_nothing_else_moved_pages(traces: list[list[Step]], checkpoints: list[Span]) -> None:
    """A checkpoint is all that writes to the file itself: where the file changed, one of the log's was at work."""
    for process, steps in enumerate(traces):
        for before, after in pairwise(steps):
            if before.file_changed_at != after.file_changed_at:
                between = Span(process, before.at, after.at)
                assert any(between.overlaps(checkpoint) for checkpoint in checkpoints), (before, after)

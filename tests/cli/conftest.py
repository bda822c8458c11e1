from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.cli.main import main
from backstage.domain.failure import Failure
from backstage.domain.failure_group import FailureSighting
from backstage.domain.history import HistoryPoint, HistoryRow, floored
from backstage.domain.ports.run_history import HistoryBatch
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.run_log import RunLog
from backstage.domain.task import Task
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.container import Container

COLOURS = "\x1b[31mred"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Cli = Callable[..., Answer]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the test, where the default store would be."""
    monkeypatch.chdir(tmp_path)
    for name in ("BACKSTAGE_URL", "REDIS_HOST", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def run(*arguments: str) -> Answer:
        code = main(arguments)
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return run


class Store:
    """The default store, as a worker and an application would use it."""

    url = "sqlite:///backstage.db"

    def enqueue(self, type: str = "email:send", payload: Any = None, **fields: Any) -> str:
        async def steps(backstage: Container) -> str:
            task = await backstage.enqueue_task(EnqueueTask(type, payload, **fields))
            assert isinstance(task, Task)
            return task.id

        return self._with(steps)

    def start(self, type: str = "email:send") -> None:
        """Claim one task of the type, and leave it running."""

        async def steps(backstage: Container) -> None:
            await self._claim(backstage, type)

        self._with(steps)

    def fail(self, error: BaseException, type: str = "email:send", **fields: Any) -> str:
        """Make a dead letter."""
        task_id = self.enqueue(type, **fields)

        async def steps(backstage: Container) -> None:
            task = await self._claim(backstage, type)
            await backstage.backend.queue.settle([task.gave_up(Failure.of(error))])

        self._with(steps)
        return task_id

    def log(self, task_id: str, fields: str) -> None:
        """Keep a line of the task's first run; `fields` are JSON."""
        line = f'[["2030-01-01T08:00:00+00:00","warning","slow",{fields}]]'

        async def steps(backstage: Container) -> None:
            await backstage.backend.task_events.keep_lines([RunLog(task_id, 1, 1, line)])

        self._with(steps)

    def complete(self, result_json: str, type: str = "email:send") -> str:
        task_id = self.enqueue(type)

        async def steps(backstage: Container) -> None:
            task = await self._claim(backstage, type)
            await backstage.backend.queue.settle([task.completed(result_json)])

        self._with(steps)
        return task_id

    def beat(self, worker_id: str, types: tuple[str, ...] = ("email:*",), **fields: Any) -> None:
        async def steps(backstage: Container) -> None:
            now = backstage.clock.now()
            await backstage.backend.registry.beat(
                WorkerInfo(
                    id=worker_id,
                    host="h",
                    pid=7,
                    started_at=now,
                    seen_at=now,
                    concurrency=4,
                    queues=(),
                    types=types,
                    running=("t1",),
                    **fields,
                )
            )

        self._with(steps)

    def remember(self, queue: str, type: str, sightings: tuple[FailureSighting, ...] = (), **counted: Any) -> None:
        """Add to the history what a worker would have told of this minute."""

        async def steps(backstage: Container) -> None:
            point = HistoryPoint(at=floored(backstage.clock.now(), 60), **counted)
            rows = (HistoryRow(queue, type, point),)
            await backstage.backend.history.add(HistoryBatch(writer=type, number=1, rows=rows, sightings=sightings))

        self._with(steps)

    def edit(self, sql: str) -> None:
        """Do to the file what Backstage would not."""
        with closing(sqlite3.connect("backstage.db")) as connection, connection:
            connection.execute(sql)

    def task(self, task_id: str) -> Task:
        async def steps(backstage: Container) -> Task:
            return await backstage.get_task(task_id)

        return self._with(steps)

    def count(self) -> int:
        async def steps(backstage: Container) -> int:
            return (await backstage.get_task_stats()).total

        total: int = self._with(steps)
        return total

    async def _claim(self, backstage: Container, type: str) -> Task:
        wanted = ClaimRequest(worker_id="w1", types=frozenset({type}), queues=None, limit=1, lease=60.0)
        [task] = (await backstage.backend.queue.claim(wanted)).tasks
        return task

    def _with(self, steps: Callable[[Container], Any]) -> Any:
        async def run() -> Any:
            async with Container.open(self.url) as backstage:
                return await steps(backstage)

        return asyncio.run(run())


@pytest.fixture
def store() -> Store:
    return Store()

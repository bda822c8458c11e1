"""Four workers and two producers on one store, which go on while workers, or the server, are killed among them."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from backstage.infra.container import Container
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.store import Store
from tests.journeys.waiting import until, until_answer
from tests.journeys.worker_process import WorkerProcess

_WORKERS, _PRODUCERS = 4, 2
_PATIENCE = 240.0
"""Seconds for each of the steps, on a machine that is busy with other things."""


class Siege:
    """`chance` decides which worker is next. `tasks` in all are enqueued by the producers."""

    def __init__(self, store: Store, ledger: Ledger, start_worker: StartWorker, chance: random.Random, tasks: int):
        self._store, self._ledger, self._start_worker, self._chance = store, ledger, start_worker, chance
        self._tasks = tasks
        self._workers = [self._new_worker() for _ in range(_WORKERS)]

    async def go(self, folder: Path, faults: Mapping[int, Callable[[], Awaitable[None]]]) -> None:
        """Do each fault when so many tasks have ended, and return when all have and everybody has stopped."""
        await self.until_all_work()  # else the first ones may do it all
        producers = [self._producer(folder) for _ in range(_PRODUCERS)]
        try:
            for ends in sorted(faults):
                await until(
                    f"{ends} ends", lambda ends=ends: self._has_ended(ends) or _has_failed(producers), _PATIENCE
                )
                await faults[ends]()
            assert [await producer.code(_PATIENCE) for producer in producers] == [0] * _PRODUCERS
        finally:
            for producer in producers:  # whatever has gone wrong with one of them
                producer.end()
        async with Container.open(self._store.url, silent=True) as backstage:
            await until_answer("the end of all tasks", lambda: self._all_ended(backstage), _PATIENCE)
            assert (await backstage.get_task_stats()).completed == self._tasks
        await self.until_all_work()
        for worker in self._workers:
            worker.signal(signal.SIGTERM)
        assert [await worker.code() for worker in self._workers] == [0] * _WORKERS

    async def until_all_work(self) -> None:
        """Return when all workers have started."""
        for worker in self._workers:
            await worker.ready()

    async def kill_a_worker(self) -> None:
        """One that has run tasks, if any of those alive has: they need not all get some."""
        pids = self._ledger.pids()
        busy = [number for number, worker in enumerate(self._workers) if worker.pid in pids]
        victim = self._chance.choice(busy or range(_WORKERS))
        self._workers[victim].kill()
        self._workers[victim] = self._new_worker()

    async def assert_nothing_is_lost_or_left(self) -> None:
        enqueued = {entry.task for entry in self._ledger.entries("enqueued")}
        assert len(enqueued) == self._tasks
        assert {entry.task for entry in self._ledger.entries("end")} == enqueued
        assert len(self._ledger.pids()) > 1
        runs = Counter((entry.task, entry.fence) for entry in self._ledger.entries("start"))
        assert set(runs.values()) == {1}
        inside = self._store.inside
        assert await inside.problems() == []
        everything = {("default", "journey:short", "completed"): self._tasks}
        assert (await inside.counts(), await inside.recount()) == (everything, everything)
        assert await inside.leftovers() == {}

    def _has_ended(self, tasks: int) -> bool:
        return len(self._ledger.entries("end")) >= tasks

    def _new_worker(self) -> WorkerProcess:
        return self._start_worker(lease=1.5, reclaim_interval=0.25, max_deliveries=50)

    def _producer(self, folder: Path) -> WorkerProcess:
        command = ("-m", "tests.journeys.producer", self._store.url, str(self._tasks // _PRODUCERS))
        return WorkerProcess(folder, command, environment=self._ledger.environment)

    async def _all_ended(self, backstage: Container) -> bool:
        stats = await backstage.get_task_stats()
        return (stats.total, stats.pending, stats.running) == (self._tasks, 0, 0)


def _has_failed(producers: list[WorkerProcess]) -> bool:
    failed = [producer.output() for producer in producers if not producer.is_alive and producer.output()]
    assert not failed, failed
    return False

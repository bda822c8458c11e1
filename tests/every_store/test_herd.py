"""A task wakes a few of the workers that wait for it, and not all of them; the others come when they are needed."""

from __future__ import annotations

import asyncio
from typing import Any

from backstage import EnqueueTask, Worker
from backstage.domain.crew import LOOKOUTS
from backstage.domain.task_state import TaskState
from tests.every_store.conftest import OneStore
from tests.worker.workers import reached, until

MANY = 6
CLAIMS = LOOKOUTS + 2
"""For one task: each lookout's, one more of the worker that ran it, and one if it came while the last was ending."""


class Counted:
    """A queue that notes each claim."""

    def __init__(self, queue: Any, claims: list[str]) -> None:
        self._queue, self._claims = queue, claims

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    async def claim(self, request: Any) -> Any:
        self._claims.append(request.worker_id)
        return await self._queue.claim(request)


class Herd:
    """Workers of one type that never poll; `claims` are those of all."""

    def __init__(self, store: OneStore, **options: Any) -> None:
        self.claims: list[str] = []
        self.workers = [
            store.worker(worker_id=f"w{number}", poll_interval=3600.0, reclaim_interval=3600.0, **options)
            for number in range(MANY)
        ]

    async def begin(self) -> None:
        """Start them one after another, and return when those who hear everything know all others."""
        for worker in self.workers:
            await worker.start()
            claimer = _runtime(worker)._claimer
            claimer._queue = Counted(claimer._queue, self.claims)
        await until(lambda: self._lookouts_know(MANY))
        self.claims.clear()

    async def stop_lookouts(self) -> None:
        for worker in self.lookouts():
            await worker.stop()
            self.workers.remove(worker)
        await until(lambda: self._lookouts_know(len(self.workers)))

    def lookouts(self) -> list[Worker]:
        return [worker for worker in self.workers if not _runtime(worker)._parts.lookout.is_on_standby]

    def _lookouts_know(self, number: int) -> bool:
        crews = [_runtime(worker)._parts.lookout._crew for worker in self.lookouts()]
        return len(crews) == LOOKOUTS and all(len(crew.others) == number - 1 for crew in crews)


def _runtime(worker: Worker) -> Any:
    return worker._runtime


async def test_one_task_is_claimed_for_by_few_workers_however_many_wait(store: OneStore) -> None:
    herd, tasks = Herd(store), 5
    for worker in herd.workers:
        worker.on("t", lambda: "done")
    await herd.begin()
    for _ in range(tasks):
        task = await herd.workers[-1].enqueue("t")
        await reached(herd.workers[-1], task, TaskState.COMPLETED)
    assert tasks <= len(herd.claims) <= CLAIMS * tasks


async def test_workers_that_are_busy_or_leave_let_others_take_their_place(store: OneStore) -> None:
    gate, herd = asyncio.Event(), Herd(store, concurrency=1)
    for worker in herd.workers:
        worker.on("t", gate.wait)
    try:
        await herd.begin()
        await herd.stop_lookouts()
        last = herd.workers[-1]
        tasks = list(await last.backstage.enqueue_tasks([EnqueueTask("t"), EnqueueTask("t")]))
        await reached(last, tasks[1], TaskState.RUNNING)
        tasks.append(await last.enqueue("t", delay=0.3))
        await reached(last, tasks[-1], TaskState.RUNNING)  # the lookouts, who await what becomes due, have no room
        tasks += [await last.enqueue("t") for _ in herd.workers[3:]]
        for task in tasks:
            await reached(last, task, TaskState.RUNNING)  # each on a worker of its own, none of which polls
    finally:
        gate.set()

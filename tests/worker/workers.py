"""Workers with short intervals, and how a test waits for what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from backstage import Worker
from backstage.domain.attempt import Attempt
from backstage.domain.ports.backend import Backend
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.infra.container import Container
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.settings.settings import Settings
from backstage.infra.structured_logging import new_logger
from backstage.infra.system_clock import SystemClock

DEADLINE = 60.0
Some = TypeVar("Some")
FAST = {
    "poll_interval": 0.02,
    "control_interval": 0.02,
    "reclaim_interval": 0.05,
    "grace_period": DEADLINE,
    "silent": True,
    "worker_id": "w",
}


class Workers:
    """Makes workers on one URL and stops them all in the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._made: list[Worker] = []

    def new(self, **options: Any) -> Worker:
        worker = Worker(self.url, **{**FAST, **options})
        self._made.append(worker)
        return worker

    def over(self, backend: Backend, **options: Any) -> Worker:
        """A worker on a store that the test holds; `log_handler` receives its log."""
        logger = new_logger(level="debug", silent=True, log_handler=options.pop("log_handler", None))
        settings = Settings.load(url="memory://", **{**FAST, **options})
        worker = Worker(container=Container(settings, backend=backend, logger=logger))
        self._made.append(worker)
        return worker

    async def stop(self) -> None:
        for worker in self._made:
            await worker.stop()

    async def run(self, handler: Callable[..., Any], payload: Any = None, **limits: Any) -> Task:
        """Run one task with the handler until nothing is left to do; return how it ended."""
        worker = self.new(until_idle=True)
        worker.on("t", handler, **limits)
        return await play(worker, "t", payload)


def memory() -> MemoryBackend:
    return MemoryBackend(SystemClock())


async def play(worker: Worker, task_type: str, payload: Any = None, **options: Any) -> Task:
    """Enqueue one task on a worker that runs until idle; return how it ended."""
    task = await worker.enqueue(task_type, payload, **options)
    assert task is not None
    await finish(worker)
    return await worker.backstage.get_task(task.id)


async def finish(worker: Worker) -> None:
    async with asyncio.timeout(DEADLINE):
        await worker.start()
        await worker.wait()


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not is_so():  # noqa: ASYNC110 - a thread, or the store, brings it about
            await asyncio.sleep(0.005)


async def until_some(asking: Callable[[], Awaitable[Sequence[Some]]], number: int) -> Sequence[Some]:
    """Return the answer once it has that many items."""
    async with asyncio.timeout(DEADLINE):
        while len(answer := await asking()) != number:  # noqa: ASYNC110 - only the store knows
            await asyncio.sleep(0.005)
    return answer


async def reached(worker: Worker, task: Task | None, *states: TaskState) -> Task:
    """Return the task once it is in one of the states (none given: any final one)."""
    assert task is not None
    async with asyncio.timeout(DEADLINE):
        while True:
            stored = await worker.backstage.get_task(task.id)
            if stored.state in (states or FINAL_STATES):
                return stored
            await asyncio.sleep(0.005)


async def attempts(worker: Worker, task: Task) -> list[Attempt]:
    return await worker.backstage.get_attempts(task.id)


async def found(worker: Worker, **query: Any) -> list[Task]:
    return list((await worker.backstage.find_tasks(TaskQuery(**query))).tasks)

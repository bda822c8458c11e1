from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from backstage.domain.ports.backend import Backend
from backstage.domain.ports.clock import Clock
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.infra.backends import backend_for
from backstage.infra.container import Container
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.settings.settings import Settings
from backstage.infra.store_options import StoreOptions
from backstage.testing.fake_clock import FakeClock


class SkewedClock:
    """A host's clock that is wrong by some seconds."""

    def __init__(self, right: Clock, seconds: float) -> None:
        self._right, self._by = right, timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self._right.now() + self._by

    def monotonic(self) -> float:
        return self._right.monotonic()


class Fleet:
    """Processes that share one store, each with a clock of its own."""

    def __init__(self, url: str, clock: FakeClock) -> None:
        self.url, self.clock = url, clock
        self._settings = Settings.load(url=url, silent=True)
        self._memory = MemoryBackend(clock)
        self._started: list[Container] = []

    async def process(self, *, skew: float = 0.0) -> Container:
        container = Container(self._settings, backend=self._backend(SkewedClock(self.clock, skew)))
        await container.start()
        self._started.append(container)
        return container

    async def close(self) -> None:
        for container in self._started:
            await container.close()

    def _backend(self, clock: Clock) -> Backend:
        if self.url != "memory://":
            return backend_for(self.url, clock, StoreOptions(consumer_group="schedulers"))
        process = copy.copy(self._memory)  # the same store, told the time by another host
        process.clock = clock
        return process


@pytest.fixture
async def fleet(url: str, clock: FakeClock) -> AsyncIterator[Fleet]:
    fleet = Fleet(url, clock)
    yield fleet
    await fleet.close()


async def tasks_of(process: Container) -> list[Task]:
    """Every task of the store, oldest first."""
    tasks: list[Task] = []
    after = None
    while True:
        page = await process.find_tasks(TaskQuery(limit=1000, after=after))
        tasks += page.tasks
        if page.next_after is None:
            return tasks[::-1]
        after = page.next_after


def ticks_of(tasks: list[Task]) -> list[str]:
    return [task.metadata["tick"] for task in tasks]

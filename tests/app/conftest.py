from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backstage.app.enqueue_task import EnqueueTask
from backstage.app.use_cases import UseCases
from backstage.domain.events import TaskEvent
from backstage.domain.lease import Lease
from backstage.domain.outcome import Outcome
from backstage.domain.ports.event_bus import Listener
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.uuid7_ids import Uuid7Ids
from backstage.testing.fake_clock import FakeClock


class RecordingBus:
    """Hears everything unless told to be deaf, and keeps it."""

    def __init__(self) -> None:
        self.published: list[TaskEvent] = []
        self.is_deaf = False

    def on(self, name: str, listener: Listener) -> None:
        raise AssertionError("a recording bus has no listeners")

    def is_heard(self, name: str) -> bool:
        return not self.is_deaf

    async def publish(self, event: TaskEvent) -> None:
        self.published.append(event)

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.published]


class Scene:
    """A memory store with what a worker would do to its tasks."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.backend = MemoryBackend(self.clock)
        self.tasks = self.backend.tasks
        self.bus = RecordingBus()
        self.ids = Uuid7Ids()
        self.use_cases = UseCases(self.backend, self.bus, self.ids)
        self._enqueue = UseCases(self.backend, RecordingBus(), self.ids).enqueue_task

    async def pending(self, type: str = "email:send", payload: Any = None, **options: Any) -> Task:
        task = await self._enqueue(EnqueueTask(type, payload, **options))
        assert isinstance(task, Task)
        return task

    async def running(self, type: str = "email:send", **options: Any) -> Task:
        return await self.claim(await self.pending(type, **options))

    async def claim(self, task: Task) -> Task:
        """The same task, claimed with all others of its type."""
        return {each.id: each for each in await self._claimed(task.type)}[task.id]

    async def claim_next(self, type: str) -> Task:
        return (await self._claimed(type))[0]

    async def _claimed(self, type: str) -> tuple[Task, ...]:
        request = ClaimRequest(worker_id="w1", types=frozenset({type}), queues=None, limit=1000, lease=30.0)
        return (await self.backend.queue.claim(request)).tasks

    async def ended(self, how: Callable[[Task], Outcome], type: str = "email:send", **options: Any) -> Task:
        task = await self.running(type, **options)
        await self.backend.queue.settle([how(task)])
        return await self.tasks.get(task.id)

    def lease(self) -> Lease:
        return Lease("w1", self.clock.now() + timedelta(seconds=30))


@pytest.fixture
def scene() -> Scene:
    return Scene()

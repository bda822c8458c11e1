"""The store of a worker, as its handlers may use it."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, Self

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.dedupe import Duplicate
from backstage.domain.task import Task
from backstage.worker.handling.blocking_uses import BlockingUses, UsesOfAnotherThread
from backstage.worker.handling.running_loop import running_loop


class HandlerStore(Protocol):
    @property
    def backstage(self) -> Any:
        """The use cases: a Container on the loop, BlockingUses elsewhere."""

    def enqueue(self, request: EnqueueTask, parent: Task) -> Any:
        """Store a task of the parent's workflow; the answer is awaited on the loop, and there elsewhere."""

    def blocking(self, loop: asyncio.AbstractEventLoop) -> HandlerStore:
        """The same for another thread than the one in which `loop` runs."""


class StoreOnLoop:
    """For handlers on the worker's own event loop."""

    def __init__(self, container: Any) -> None:
        self.backstage = container

    async def enqueue(self, request: EnqueueTask, parent: Task) -> Task | None:
        answer: Task | Duplicate = await self.backstage.enqueue_task(request, parent=parent)
        return None if isinstance(answer, Duplicate) else answer

    def blocking(self, loop: asyncio.AbstractEventLoop) -> StoreInThread:
        return StoreInThread(self, loop)


class StoreInThread:
    """For handlers in threads. A coroutine that one returns, as a plain decorator over an async function does, is
    awaited on the loop, where nothing may block: there it is that of the loop."""

    def __init__(self, on_loop: StoreOnLoop, loop: asyncio.AbstractEventLoop) -> None:
        self._on_loop = on_loop
        self._loop = loop
        self._blocking = BlockingStore(UsesOfAnotherThread(on_loop.backstage, loop))

    @property
    def backstage(self) -> Any:
        return self._here().backstage

    def enqueue(self, request: EnqueueTask, parent: Task) -> Any:
        return self._here().enqueue(request, parent)

    def blocking(self, loop: asyncio.AbstractEventLoop) -> Self:
        return self

    def _here(self) -> StoreOnLoop | BlockingStore:
        return self._on_loop if running_loop() is self._loop else self._blocking


class BlockingStore:
    """For handlers that cannot await: each call returns when the store has answered."""

    def __init__(self, uses: BlockingUses) -> None:
        self.backstage = uses

    def enqueue(self, request: EnqueueTask, parent: Task) -> Task | None:
        return self.backstage.run(lambda container: StoreOnLoop(container).enqueue(request, parent))

    def blocking(self, loop: asyncio.AbstractEventLoop) -> Self:
        return self


class StoreInChild(BlockingStore):
    """For handlers in processes, of which an async one awaits what is there already."""

    def enqueue(self, request: EnqueueTask, parent: Task) -> Any:
        answer = super().enqueue(request, parent)
        return answer if running_loop() is None else asyncio.sleep(0, answer)

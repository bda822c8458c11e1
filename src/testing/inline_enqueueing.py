"""Enqueueing that waits until what is due has run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from backstage.app.enqueue import EnqueueByType
from backstage.app.enqueue_task import Enqueue, EnqueueTask
from backstage.app.enqueue_tasks import EnqueueMany
from backstage.domain.dedupe import Duplicate
from backstage.domain.task import Task
from backstage.infra.container import Container


class InlineEnqueueing:
    """Runs what is due when somebody enqueues, one at a time; what a run itself enqueues, when that run is over."""

    def __init__(self, run_due: Callable[[], Awaitable[Any]]) -> None:
        self._run_due = run_due
        self._turn = asyncio.Lock()
        self._is_inside: ContextVar[bool] = ContextVar("backstage_bench_is_running", default=False)

    def begin(self, container: Container) -> None:
        container.enqueue_task = _InlineEnqueue(container, self._run)
        container.enqueue = EnqueueByType(container.enqueue_task)
        container.enqueue_tasks = _InlineEnqueueMany(container, self._run)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """While entered, whatever the block calls or starts is taken as part of a run."""
        token = self._is_inside.set(True)
        try:
            yield
        finally:
            self._is_inside.reset(token)

    async def _run(self) -> None:
        if not self._is_inside.get():
            async with self._turn:
                await self._run_due()


class _InlineEnqueue(Enqueue):
    waits_for_the_store_alone = False

    def __init__(self, container: Container, run_due: Callable[[], Awaitable[None]]) -> None:
        super().__init__(container.enqueue_parts)
        self._run_due = run_due

    async def __call__(
        self, request: EnqueueTask, *, connection: Any = None, parent: Task | None = None
    ) -> Task | Duplicate:
        answer = await super().__call__(request, connection=connection, parent=parent)
        await self._run_due()
        return answer


class _InlineEnqueueMany(EnqueueMany):
    def __init__(self, container: Container, run_due: Callable[[], Awaitable[None]]) -> None:
        super().__init__(container.enqueue_parts)
        self._run_due = run_due

    async def __call__(self, requests: Iterable[EnqueueTask], *, connection: Any = None) -> list[Task | Duplicate]:
        answers = await super().__call__(requests, connection=connection)
        await self._run_due()
        return answers

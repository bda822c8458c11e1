"""Procrastinate on PostgreSQL, 100 tasks at once, after ANALYZE."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import procrastinate

from benchmarks.peers.python_peer import measurements_of
from benchmarks.scene import Scene

CONCURRENCY = 100


@asynccontextmanager
async def opened(scene: Scene, *, is_new: bool) -> AsyncIterator[_Session]:
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=scene.url))
    async with app.open_async():
        if is_new:
            await app.schema_manager.apply_schema_async()
        else:
            await app.connector.execute_query_async("ANALYZE")
        yield _Session(app)


class _Session:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._ran: Callable[[int], None] = lambda n: None
        self._task: Any = app.task(name="no-op")(self._no_op)

    async def _no_op(self, n: int) -> None:
        self._ran(n)

    async def enqueue(self, n: int) -> None:
        await self._task.defer_async(n=n)

    async def enqueue_many(self, numbers: Sequence[int]) -> None:
        await self._task.batch_defer_async(*({"n": n} for n in numbers))

    async def work(self, ran: Callable[[int], None], ended: asyncio.Event) -> None:
        self._ran = ran
        options = {"concurrency": CONCURRENCY, "install_signal_handlers": False, "delete_jobs": "never"}
        working = asyncio.create_task(self._app.run_worker_async(**options))
        await ended.wait()
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


MEASUREMENTS = measurements_of("procrastinate")

"""SAQ on Redis, 100 tasks at once. It has no bulk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio
import saq
from saq.queue.redis import RedisQueue

from benchmarks.peers.python_peer import measurements_of
from benchmarks.scene import Scene

CONCURRENCY, CONNECTIONS = 100, 300
MOMENT = 2.0


@asynccontextmanager
async def opened(scene: Scene, *, is_new: bool) -> AsyncIterator[_Session]:
    logging.getLogger("saq").setLevel(logging.ERROR)
    url, _, prefix = scene.url.partition("?prefix=")
    client = redis.asyncio.from_url(url, max_connections=CONNECTIONS)  # more than the 100 that each task waits with
    queue = RedisQueue(client, name=prefix)
    await queue.connect()
    try:
        yield _Session(queue)
    finally:
        await _within_a_moment(queue.disconnect())


class _Session:
    def __init__(self, queue: Any) -> None:
        self._queue = queue

    async def enqueue(self, n: int) -> None:
        await self._queue.enqueue("no_op", n=n)

    async def enqueue_many(self, numbers: Sequence[int]) -> None:
        await asyncio.gather(*map(self.enqueue, numbers))

    async def work(self, ran: Callable[[int], None], ended: asyncio.Event) -> None:
        async def no_op(context: Any, *, n: int) -> None:
            ran(n)

        worker = saq.Worker(self._queue, functions=[("no_op", no_op)], concurrency=CONCURRENCY)
        working = asyncio.create_task(worker.start())
        await ended.wait()
        await _within_a_moment(worker.stop())
        working.cancel()


async def _within_a_moment(ending: Coroutine[Any, Any, None]) -> None:
    """It may wait for good for calls that block in the server; all that counts is measured by then."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ending, MOMENT)


MEASUREMENTS = measurements_of("saq")

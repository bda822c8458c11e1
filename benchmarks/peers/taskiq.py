"""taskiq on streams of Redis, 100 tasks at once. It has no bulk, and here no result backend."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from benchmarks.peers.python_peer import measurements_of
from benchmarks.scene import Scene

CONCURRENCY = 100


@asynccontextmanager
async def opened(scene: Scene, *, is_new: bool) -> AsyncIterator[_Session]:
    logging.getLogger("taskiq").setLevel(logging.ERROR)
    url, _, prefix = scene.url.partition("?prefix=")
    broker = RedisStreamBroker(url, queue_name=prefix, consumer_id="0")
    session = _Session(broker)
    await broker.startup()
    try:
        yield session
    finally:
        await broker.shutdown()


class _Session:
    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._ran: Callable[[int], None] = lambda n: None

        async def no_op(n: int) -> None:
            self._ran(n)

        self._task: Any = broker.register_task(no_op, task_name="no-op")

    async def enqueue(self, n: int) -> None:
        await self._task.kiq(n)

    async def enqueue_many(self, numbers: Sequence[int]) -> None:
        await asyncio.gather(*map(self.enqueue, numbers))

    async def work(self, ran: Callable[[int], None], ended: asyncio.Event) -> None:
        self._ran = ran
        self._broker.is_worker_process = True
        receiver = Receiver(
            self._broker,
            max_async_tasks=CONCURRENCY,
            max_prefetch=CONCURRENCY,
            run_startup=False,
            validate_params=False,
        )
        await receiver.listen(ended)


MEASUREMENTS = measurements_of("taskiq")

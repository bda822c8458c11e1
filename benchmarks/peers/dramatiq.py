"""Dramatiq on Redis, 100 threads. It has no bulk and no asyncio: its calls block the loop of whoever measures them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.python_peer import measurements_of
from benchmarks.scene import Scene

THREADS = 100


@asynccontextmanager
async def opened(scene: Scene, *, is_new: bool) -> AsyncIterator[_Session]:
    logging.getLogger("dramatiq").setLevel(logging.ERROR)
    url, _, prefix = scene.url.partition("?prefix=")
    broker = RedisBroker(url=url, namespace=prefix, middleware=[])
    try:
        yield _Session(broker)
    finally:
        broker.close()


class _Session:
    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._ran: Callable[[int], None] = lambda n: None
        self._actor: Any = dramatiq.actor(self._no_op, broker=broker, actor_name="no-op")

    def _no_op(self, n: int) -> None:
        self._ran(n)

    async def enqueue(self, n: int) -> None:
        self._actor.send(n)

    async def enqueue_many(self, numbers: Sequence[int]) -> None:
        for n in numbers:
            self._actor.send(n)

    async def work(self, ran: Callable[[int], None], ended: asyncio.Event) -> None:
        self._ran = ran
        worker = dramatiq.Worker(self._broker, worker_threads=THREADS, worker_timeout=100)
        worker.start()
        await ended.wait()
        await asyncio.to_thread(worker.stop)


MEASUREMENTS = measurements_of("dramatiq")

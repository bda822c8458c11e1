"""Huey on SQLite or Redis with one worker thread: at most once, no history, which is less work than ours."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.measurements.drain import rates_of
from benchmarks.measurements.latency import PAUSE, percentiles
from benchmarks.scene import Scene
from benchmarks.stopwatch import Stopwatch
from benchmarks.worker_processes import worker_processes

try:
    from huey import RedisHuey, SqliteHuey
except ImportError:
    raise SystemExit("the peer huey is not installed: pip install huey") from None


class NotingQueue:
    """One queue with one task, which notes when it ran."""

    def __init__(self, scene: Scene) -> None:
        self.huey = _huey(scene)
        self.ran: dict[int, float] = {}
        self.enqueue: Any = self.huey.task()(self._run)
        self.consumer = self.huey.create_consumer(workers=1, periodic=False, check_worker_health=False)

    def _run(self, payload: dict[str, int]) -> None:
        self.ran[payload["n"]] = time.monotonic()


def _huey(scene: Scene) -> Any:
    if scene.system == "huey-redis":
        url, _, prefix = scene.url.partition("?prefix=")
        return RedisHuey(prefix, url=url)
    return SqliteHuey(filename=scene.path, fsync=scene.system == "huey-fsync")


async def enqueue_one(scene: Scene) -> dict[str, float]:
    queue = NotingQueue(scene)
    queue.enqueue({"n": -1})
    watch = Stopwatch()
    for n in range(scene.tasks):
        queue.enqueue({"n": n})
    return watch.rates(scene.tasks)


async def drain(scene: Scene) -> dict[str, float]:
    queue = NotingQueue(scene)
    for n in range(scene.tasks):
        queue.enqueue({"n": n})
    return await asyncio.to_thread(_drain_in_a_process, scene)


def _drain_in_a_process(scene: Scene) -> dict[str, float]:
    with worker_processes("benchmarks.peers.huey_worker", scene, 1) as [process]:
        process.go()
        return rates_of(scene.tasks, [process.answer()])


async def latency(scene: Scene) -> dict[str, float]:
    queue = NotingQueue(scene)
    queue.consumer.start()
    asked: dict[int, float] = {}
    for n in range(scene.tasks):
        await asyncio.sleep(PAUSE)
        asked[n] = time.monotonic()
        queue.enqueue({"n": n})
    while len(queue.ran) < scene.tasks:
        await asyncio.sleep(PAUSE)
    queue.consumer.stop(graceful=True)
    return percentiles(asked, queue.ran)


MEASUREMENTS = {"enqueue_one": enqueue_one, "drain": drain, "latency": latency}

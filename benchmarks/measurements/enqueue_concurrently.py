"""Enqueue single tasks from 50 coroutines at once, as the requests of a web application do."""

from __future__ import annotations

import asyncio

from backstage import Worker
from benchmarks.opened_worker import worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.stopwatch import Stopwatch

PRODUCERS = 50


async def measure(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as worker:
        await worker.enqueue(TASK_TYPE, {"n": -1})
        watch = Stopwatch()
        await asyncio.gather(*(_produce(worker, range(first, scene.tasks, PRODUCERS)) for first in range(PRODUCERS)))
        return watch.rates(scene.tasks)


async def _produce(worker: Worker, numbers: range) -> None:
    for n in numbers:
        await worker.enqueue(TASK_TYPE, {"n": n})

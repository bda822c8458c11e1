"""Enqueue one task after the other, each durable before the next is asked for."""

from __future__ import annotations

from benchmarks.opened_worker import worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.stopwatch import Stopwatch


async def measure(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as worker:
        await worker.enqueue(TASK_TYPE, {"n": -1})
        watch = Stopwatch()
        for n in range(scene.tasks):
            await worker.enqueue(TASK_TYPE, {"n": n})
        return watch.rates(scene.tasks)

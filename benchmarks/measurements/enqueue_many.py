"""Enqueue tasks in batches of 1,000, the making of the requests included."""

from __future__ import annotations

from benchmarks.opened_worker import fill, worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.stopwatch import Stopwatch


async def measure(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as worker:
        await worker.enqueue(TASK_TYPE, {"n": -1})
        watch = Stopwatch()
        await fill(worker.backstage, scene)
        return watch.rates(scene.tasks)

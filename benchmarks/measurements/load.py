"""A drain of tasks that resemble real ones, by a worker with default settings in this process."""

from __future__ import annotations

from benchmarks.loads import LOADS, fill_with
from benchmarks.opened_worker import worker_for
from benchmarks.scene import Scene
from benchmarks.stopwatch import Stopwatch


async def measure(scene: Scene) -> dict[str, float]:
    load = LOADS[scene.load]
    worker = worker_for(scene, until_idle=True, **load.settings)
    load.register(worker)
    async with worker:
        await fill_with(worker.backstage, load, scene.tasks)
        watch = Stopwatch()
        await worker.run()
        completed = sum(lane.completed for lane in worker.metrics.by_lane.values())
    if completed != scene.tasks * load.runs:
        raise RuntimeError(f"{scene.tasks * load.runs} tasks were to be completed, {completed} were")
    return watch.rates(completed)

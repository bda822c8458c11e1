"""What the store does for each task of a drain: statements, commands, bytes of its log."""

from __future__ import annotations

from benchmarks.measurements.drain import drain
from benchmarks.meters import meter_of, risen
from benchmarks.opened_worker import fill, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene


async def measure(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    with meter_of(scene) as meter:
        async with worker:
            await fill(worker.backstage, scene)
            before = await meter.work()
            await drain(worker)
        return meter.per_task(risen(before, await meter.work()), scene.tasks)

"""Connections to the server that a worker has when it is idle, and the most that it has while it drains."""

from __future__ import annotations

import asyncio

from benchmarks.meters import meter_of
from benchmarks.opened_worker import fill, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene

SETTLING, LOOK_INTERVAL = 1.0, 0.01


async def measure(scene: Scene) -> dict[str, float]:
    with meter_of(scene) as meter:
        beside = await meter.connections()
        async with worker_for(scene) as worker:
            worker.on(TASK_TYPE, no_op)
            await worker.start()
            await asyncio.sleep(SETTLING)
            idle = await meter.connections() - beside
            working = idle
            await fill(worker.backstage, scene)
            while sum(lane.completed for lane in worker.metrics.by_lane.values()) < scene.tasks:
                working = max(working, await meter.connections() - beside)
                await asyncio.sleep(LOOK_INTERVAL)
    return {"idle_connections": float(idle), "working_connections": float(working)}

"""Connections to the server that a worker has when it is idle, and the most that it has while it drains.

What it needed at its start is closed when it has not been used for a minute, so its rest takes a while.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.meters import meter_of
from benchmarks.opened_worker import fill, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene

AT_REST, LONGEST_SETTLING = 2, 70.0
"""Connections that an idle worker needs, and the seconds that it may take to get there."""
LOOK_INTERVAL, SETTLING_INTERVAL = 0.01, 1.0


async def measure(scene: Scene) -> dict[str, float]:
    with meter_of(scene) as meter:
        beside = await meter.connections()
        async with worker_for(scene) as worker:
            worker.on(TASK_TYPE, no_op)
            await worker.start()
            begun = time.monotonic()
            while True:
                await asyncio.sleep(SETTLING_INTERVAL)
                idle, settling = await meter.connections() - beside, time.monotonic() - begun
                if idle <= AT_REST or settling > LONGEST_SETTLING:
                    break
            working = idle
            await fill(worker.backstage, scene)
            while sum(lane.completed for lane in worker.metrics.by_lane.values()) < scene.tasks:
                working = max(working, await meter.connections() - beside)
                await asyncio.sleep(LOOK_INTERVAL)
    return {
        "idle_connections": float(idle),
        "working_connections": float(working),
        "settling_s": settling,
    }

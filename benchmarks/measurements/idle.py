"""What a worker costs that has nothing to do."""

from __future__ import annotations

import asyncio
import time

from benchmarks.meters import meter_of, risen
from benchmarks.opened_worker import no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene

SETTLING, WATCHED = 4.0, 16.0
"""Seconds before the look, and of it: several turns of every duty but the rarest."""


async def measure(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene)
    worker.on(TASK_TYPE, no_op)
    with meter_of(scene) as meter:
        async with worker:
            await worker.start()
            await asyncio.sleep(SETTLING)
            before, cpu = await meter.work(), time.process_time()
            await asyncio.sleep(WATCHED)
            spent = time.process_time() - cpu
            calls = risen(before, await meter.work())
    return {"idle_cpu_s_a_minute": spent / WATCHED * 60, "idle_calls_a_second": calls["calls"] / WATCHED}

"""From the last line of a handler to the answer of `call` in another process: storing the end, and learning of it.

`over_ms` is what the median takes beyond the two round trips that are needed, a write and a look, measured meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
import time
from statistics import median
from typing import Any

from benchmarks.event_loop import run
from benchmarks.measurements.latency import PAUSE, percentiles_of
from benchmarks.opened_worker import worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.systems import SYSTEMS
from benchmarks.worker_processes import say_ready, worker_processes


async def measure(scene: Scene) -> dict[str, float]:
    if SYSTEMS[scene.system].backend == "memory":
        worker = worker_for(scene)
        worker.on(TASK_TYPE, tell_the_moment)
        async with worker:
            await worker.start()
            return await _call(worker, scene.tasks)
    async with worker_for(scene) as caller:
        with worker_processes("benchmarks.measurements.awaiting", scene, 1):
            return await _call(caller, scene.tasks)


async def tell_the_moment(payload: Any) -> float:
    """By the clock that all processes of this host share."""
    return time.monotonic()


async def _call(caller: Any, tasks: int) -> dict[str, float]:
    backstage, waits, needed = caller.backstage, [], []
    for n in range(tasks):
        await asyncio.sleep(PAUSE)
        returned_at = await backstage.call(TASK_TYPE, {"n": n}, timeout=60)
        waits.append((time.monotonic() - returned_at) * 1e3)
        await asyncio.sleep(PAUSE)
        begun_at = time.monotonic()
        later = await backstage.enqueue(TASK_TYPE, delay=86_400)
        await backstage.backend.task_events.standings([later.id])
        needed.append((time.monotonic() - begun_at) * 1e3)
    measured = percentiles_of(waits)
    return {**measured, "over_ms": max(0.0, measured["p50_ms"] - median(needed))}


async def _work_until_input_ends(scene: Scene) -> None:
    worker = worker_for(scene)
    worker.on(TASK_TYPE, tell_the_moment)
    async with worker:
        await worker.start()
        say_ready()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    run(_work_until_input_ends(Scene.of_json(sys.argv[1])))

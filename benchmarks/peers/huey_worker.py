"""The process in which Huey drains its queue."""

from __future__ import annotations

import asyncio
import sys
import time

from benchmarks.event_loop import run
from benchmarks.measurements.drain import LOOK_INTERVAL
from benchmarks.peers.huey import NotingQueue
from benchmarks.scene import Scene
from benchmarks.worker_processes import say_ready, wait_for_go


async def _drain(scene: Scene) -> dict[str, float]:
    queue = NotingQueue(scene)
    say_ready()
    wait_for_go()
    begun, cpu_begun = time.monotonic(), time.process_time()
    queue.consumer.start()
    while len(queue.ran) < scene.tasks:
        await asyncio.sleep(LOOK_INTERVAL)
    cpu = time.process_time() - cpu_begun
    queue.consumer.stop(graceful=True)
    return {"begun": begun, "ended": max(queue.ran.values()), "cpu_s": cpu, "tasks": len(queue.ran)}


if __name__ == "__main__":
    run(_drain(Scene.of_json(sys.argv[1])))

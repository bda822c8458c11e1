"""Run all stored tasks, from the first claim until the store has accepted the last end."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from backstage import Worker
from backstage.worker.command import cycle_collector
from benchmarks.event_loop import run
from benchmarks.opened_worker import fill, load_all_of, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.systems import SYSTEMS
from benchmarks.worker_processes import say_ready, wait_for_go, worker_processes

LOOK_INTERVAL = 0.005


async def measure(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    async with worker:
        await fill(worker.backstage, scene)
        if SYSTEMS[scene.system].backend == "memory":
            return _rates(scene, [await drain(worker)])
    return _rates(scene, await asyncio.to_thread(drain_in_processes, scene))


async def drain(worker: Worker) -> dict[str, float]:
    """Run the worker until idle; moments are of the host's monotonic clock."""
    begun, cpu_begun = time.monotonic(), time.process_time()
    await worker.start()
    ending = asyncio.create_task(worker.wait())
    ended, cpu_ended, completed = begun, cpu_begun, 0
    while not ending.done():
        await asyncio.wait([ending], timeout=LOOK_INTERVAL)
        now_completed = sum(lane.completed for lane in worker.metrics.by_lane.values())
        if now_completed > completed:
            ended, cpu_ended, completed = time.monotonic(), time.process_time(), now_completed
    return {"begun": begun, "ended": ended, "cpu_s": cpu_ended - cpu_begun, "tasks": completed}


def drain_in_processes(scene: Scene) -> list[dict[str, float]]:
    with worker_processes("benchmarks.measurements.drain", scene, scene.processes) as processes:
        for each in processes:
            each.go()
        return [each.answer() for each in processes]


def _rates(scene: Scene, parts: list[dict[str, Any]]) -> dict[str, float]:
    if sum(part["tasks"] for part in parts) != scene.tasks:
        raise RuntimeError(f"{scene.tasks} tasks were stored, {[part['tasks'] for part in parts]} were completed")
    return rates_of(scene.tasks, parts)


def rates_of(tasks: int, parts: list[Mapping[str, float]] | list[dict[str, Any]]) -> dict[str, float]:
    wall = max(part["ended"] for part in parts) - min(part["begun"] for part in parts)
    return {"tasks_per_s": tasks / wall, "cpu_us": sum(part["cpu_s"] for part in parts) / tasks * 1e6}


async def _drain_as_process(scene: Scene) -> dict[str, float]:
    if scene.is_stock:
        _send_log_to_a_file()
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    async with worker:
        await load_all_of(worker)
        cycle_collector.look_less_often()  # as `python -m worker.run` does
        say_ready()
        wait_for_go()
        return await drain(worker)


def _send_log_to_a_file() -> None:
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), sys.stderr.fileno())


if __name__ == "__main__":
    run(_drain_as_process(Scene.of_json(sys.argv[1])))

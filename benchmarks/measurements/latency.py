"""From before `enqueue` to the first line of the handler, on a worker that is idle and another process."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

from benchmarks.event_loop import run
from benchmarks.opened_worker import worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.systems import SYSTEMS
from benchmarks.worker_processes import say_ready, worker_processes

PAUSE = 0.02
"""Seconds after each task, in which the worker goes back to waiting."""


async def measure(scene: Scene) -> dict[str, float]:
    if SYSTEMS[scene.system].backend == "memory":
        return await _in_one_process(scene)
    async with worker_for(scene) as producer:
        with worker_processes("benchmarks.measurements.latency", scene, 1) as [process]:
            asked = await _produce(producer, scene.tasks)
            await asyncio.sleep(PAUSE * 10)
            arrived = await asyncio.to_thread(process.answer)
    return percentiles(asked, {int(n): moment for n, moment in arrived.items()})


async def _in_one_process(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene)
    arrived: dict[int, float] = {}
    _note_arrivals(worker, arrived)
    async with worker:
        await worker.start()
        asked = await _produce(worker, scene.tasks)
    return percentiles(asked, arrived)


def percentiles(asked: Mapping[int, float], arrived: Mapping[int, float]) -> dict[str, float]:
    """Both map a task's number to a moment of the monotonic clock."""
    return percentiles_of([(arrived[n] - moment) * 1e3 for n, moment in asked.items()])


def percentiles_of(waits: Sequence[float]) -> dict[str, float]:
    """Of waits in milliseconds."""
    cuts = quantiles(waits, n=100, method="inclusive")
    return {"p50_ms": cuts[49], "p99_ms": cuts[98]}


async def _produce(worker: Any, tasks: int) -> dict[int, float]:
    asked: dict[int, float] = {}
    for n in range(tasks):
        await asyncio.sleep(PAUSE)
        asked[n] = time.monotonic()
        await worker.enqueue(TASK_TYPE, {"n": n})
    await asyncio.sleep(PAUSE)
    return asked


def _note_arrivals(worker: Any, arrived: dict[int, float]) -> None:
    async def note(payload: Any) -> None:
        arrived[payload["n"]] = time.monotonic()

    worker.on(TASK_TYPE, note)


async def _work_until_input_ends(scene: Scene) -> dict[int, float]:
    arrived: dict[int, float] = {}
    worker = worker_for(scene)
    _note_arrivals(worker, arrived)
    async with worker:
        await worker.start()
        say_ready()
        await asyncio.to_thread(sys.stdin.read)
    return arrived


if __name__ == "__main__":
    run(_work_until_input_ends(Scene.of_json(sys.argv[1])))

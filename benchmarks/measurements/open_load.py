"""Latency under an open load: tasks come at their own moments, whether or not those before them are done.

Each wait counts from the moment at which the task was meant to come, so that a producer that falls behind hides nothing
(no coordinated omission). The load is a half, then four fifths of the capacity: of the rate at which 50 coroutines
enqueue while the worker, another process, runs what they enqueue.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import quantiles
from typing import Any

from benchmarks.opened_worker import worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.worker_processes import worker_processes

PRODUCERS, TICK, REST = 50, 0.001, 0.5
SHARES = (0.5, 0.8)
Moments = dict[int, float]


async def measure(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as producer:
        begun, arrived = await _beside_a_worker(scene, lambda: _as_fast_as_it_can(producer, scene.tasks))
        capacity = len(arrived) / (max(arrived.values()) - min(begun.values()))
        numbers = {"capacity_per_s": capacity}
        for share in SHARES:
            rate = capacity * share
            meant, arrived = await _beside_a_worker(scene, lambda rate=rate: _at(rate, producer, scene.seconds))
            numbers |= {f"{name}_at_{share:.0%}": wait for name, wait in _waits(meant, arrived).items()}
        return numbers


async def _beside_a_worker(scene: Scene, produce: Callable[[], Awaitable[Moments]]) -> tuple[Moments, Moments]:
    """The moments at which tasks were meant to come, and those at which they ran, by number."""
    with worker_processes("benchmarks.measurements.latency", scene, 1) as [process]:
        meant = await produce()
        await asyncio.sleep(REST)
        arrived: Mapping[str, float] = await asyncio.to_thread(process.answer)
    return meant, {int(n): moment for n, moment in arrived.items()}


async def _as_fast_as_it_can(producer: Any, tasks: int) -> Moments:
    meant: Moments = {}

    async def produce(numbers: range) -> None:
        for n in numbers:
            meant[n] = time.monotonic()
            await producer.enqueue(TASK_TYPE, {"n": n})

    await asyncio.gather(*(produce(range(first, tasks, PRODUCERS)) for first in range(PRODUCERS)))
    return meant


async def _at(rate: float, producer: Any, seconds: float) -> Moments:
    begun, number = time.monotonic(), int(rate * seconds)
    meant = {n: begun + n / rate for n in range(number)}
    under_way = set[asyncio.Task[Any]]()
    n = 0
    while n < number:
        while n < number and meant[n] <= time.monotonic():
            under_way.add(task := asyncio.create_task(producer.enqueue(TASK_TYPE, {"n": n})))
            task.add_done_callback(under_way.discard)
            n += 1
        await asyncio.sleep(TICK)
    await asyncio.gather(*under_way)
    return meant


def _waits(meant: Moments, arrived: Moments) -> dict[str, float]:
    """Milliseconds. A task that has not run by the end has waited until then, at least."""
    end = max(arrived.values())
    cuts = quantiles([(arrived.get(n, end) - moment) * 1e3 for n, moment in meant.items()], n=1000, method="inclusive")
    return {"p50_ms": cuts[499], "p90_ms": cuts[899], "p99_ms": cuts[989], "p999_ms": cuts[998]}

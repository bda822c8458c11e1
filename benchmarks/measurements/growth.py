"""Drains beside many other tasks and in a store that has none of them, by turns."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from statistics import median

from benchmarks.measurements.drain import drain_in_processes, rates_of
from benchmarks.opened_worker import fill, worker_for
from benchmarks.pages_filling import fill as fill_with_others
from benchmarks.scene import Scene

PAIRS = 3


async def measure(scene: Scene) -> dict[str, float]:
    await fill_with_others(scene.url, scene.others, 0)
    empty = replace(scene, url=scene.more_urls[0])
    alone, crowded = list[dict[str, float]](), list[dict[str, float]]()
    for pair in range(PAIRS):
        for store, rates in ((scene, crowded), (empty, alone))[:: 1 if pair % 2 else -1]:
            rates.append(await _drained(store))
    return {
        "tasks_per_s": median(rates["tasks_per_s"] for rates in crowded),
        "alone_per_s": median(rates["tasks_per_s"] for rates in alone),
        "of_alone": median(
            one["tasks_per_s"] / other["tasks_per_s"] for one, other in zip(crowded, alone, strict=True)
        ),
    }


async def _drained(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as worker:
        await fill(worker.backstage, scene)
    return rates_of(scene.tasks, await asyncio.to_thread(drain_in_processes, scene))

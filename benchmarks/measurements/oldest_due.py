"""How long it takes to ask for the oldest due task of each lane, beside many pending tasks and beside few."""

from __future__ import annotations

import time
from statistics import median

from benchmarks.opened_worker import worker_for
from benchmarks.pages_filling import fill
from benchmarks.scene import Scene

TIMES, FEW = 30, 2_000


async def measure(scene: Scene) -> dict[str, float]:
    """Both stores have as many lanes; one has few tasks in each."""
    await fill(scene.url, 0, scene.others)
    await fill(scene.more_urls[0], 0, min(FEW, scene.others))
    many, few = await _asked(scene, scene.url), await _asked(scene, scene.more_urls[0])
    return {"oldest_due_ms": many, "oldest_due_of_few_ms": few, "times_as_long": many / few}


async def _asked(scene: Scene, url: str) -> float:
    waits = list[float]()
    async with worker_for(scene, url=url) as worker:
        for _ in range(TIMES):
            begun = time.perf_counter()
            await worker.backstage.backend.tasks.oldest_due()
            waits.append((time.perf_counter() - begun) * 1e3)
    return median(waits[1:])

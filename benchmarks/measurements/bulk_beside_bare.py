"""Bulks of 1,000, and the same rows by the quickest way of the bare client, by turns: COPY, executemany, a pipeline."""

from __future__ import annotations

import time
from statistics import median

from benchmarks.bare import replayer_of, rows_of
from benchmarks.measurements.enqueue_beside_bare import begin, make_store
from benchmarks.opened_worker import FILLED_AT_ONCE, fill, requests, worker_for
from benchmarks.scene import Scene


async def measure(scene: Scene) -> dict[str, float]:
    rows_url, bare_url = scene.more_urls
    await begin(scene.url)
    for url in scene.more_urls:
        await make_store(url)
    async with worker_for(scene, url=rows_url) as worker:
        await fill(worker.backstage, scene)
    batches = await rows_of(scene)(rows_url, FILLED_AT_ONCE)
    ours, bare = list[float](), list[float]()
    async with worker_for(scene) as worker, replayer_of(scene)(bare_url) as replayer:
        for number, rows in enumerate(batches):
            begun = time.perf_counter()
            await replayer.copy(rows)
            copied = time.perf_counter()
            await worker.backstage.enqueue_tasks(requests(scene, number * FILLED_AT_ONCE, FILLED_AT_ONCE))
            ours.append(time.perf_counter() - copied)
            bare.append(copied - begun)
    return {
        "tasks_per_s": FILLED_AT_ONCE / median(ours),
        "bare_per_s": FILLED_AT_ONCE / median(bare),
        "of_bare": median(one / other for one, other in zip(bare, ours, strict=True)),
    }

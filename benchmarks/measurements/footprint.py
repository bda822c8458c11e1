"""Bytes of the store for each task: while it is queued, and after it has ended and is kept with its record."""

from __future__ import annotations

from backstage import Worker
from benchmarks.measurements.drain import drain
from benchmarks.meters import Meter, meter_of, risen
from benchmarks.opened_worker import fill, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene


async def measure(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    with meter_of(scene) as meter:
        async with worker:
            return await _measured(scene, worker, meter)


async def _measured(scene: Scene, worker: Worker, meter: Meter) -> dict[str, float]:
    empty, before = await meter.bytes_used(), await meter.work()
    await fill(worker.backstage, scene)
    queued = await meter.bytes_used()
    await drain(worker)
    finished, work = await meter.bytes_used(), risen(before, await meter.work())
    whole_life = {"life_wal_bytes": work["wal_bytes"] / scene.tasks} if "wal_bytes" in work else {}
    return {
        "queued_bytes": (queued - empty) / scene.tasks,
        "finished_bytes": (finished - empty) / scene.tasks,
        **whole_life,
    }

"""Bytes of the file for each task: while it is queued, and after it has ended and is kept with its record."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from benchmarks.measurements.drain import drain
from benchmarks.opened_worker import fill, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene


async def measure(scene: Scene) -> dict[str, float]:
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    async with worker:
        empty = _bytes_used(scene.path)
        await fill(worker.backstage, scene.tasks)
        queued = _bytes_used(scene.path)
        await drain(worker)
        finished = _bytes_used(scene.path)
    return {"queued_bytes": (queued - empty) / scene.tasks, "finished_bytes": (finished - empty) / scene.tasks}


def _bytes_used(path: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)

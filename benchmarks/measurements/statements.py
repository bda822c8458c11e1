"""How many statements and transactions the store makes of the tasks of a drain."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any
from unittest.mock import patch

from benchmarks.measurements.drain import drain
from benchmarks.opened_worker import fill, no_op, worker_for
from benchmarks.scene import TASK_TYPE, Scene


async def measure(scene: Scene) -> dict[str, float]:
    counts: Counter[str] = Counter()
    connect = sqlite3.connect

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(lambda text: counts.update((text.split(None, 1)[0].upper(),)))
        return connection

    with patch.object(sqlite3, "connect", counted):  # the one place where the store gets its connections
        return await _drain(scene, counts)


async def _drain(scene: Scene, counts: Counter[str]) -> dict[str, float]:
    worker = worker_for(scene, until_idle=True)
    worker.on(TASK_TYPE, no_op)
    async with worker:
        await fill(worker.backstage, scene.tasks)
        counts.clear()
        await drain(worker)
    return {
        "statements_per_task": counts.total() / scene.tasks,
        "tasks_per_transaction": scene.tasks / max(counts["COMMIT"], 1),
    }

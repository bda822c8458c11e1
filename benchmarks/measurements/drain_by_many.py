"""Run all stored tasks by many worker processes: their rate, and how unevenly they share the work."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from benchmarks.loads import LOADS, fill_with
from benchmarks.measurements.drain import rates_of
from benchmarks.opened_worker import worker_for
from benchmarks.scene import Scene
from benchmarks.worker_processes import processes_of


async def measure(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as worker:
        await fill_with(worker.backstage, LOADS[scene.load], scene.tasks)
    parts = await asyncio.to_thread(_drain, scene)
    done = [part["tasks"] for part in parts]
    if sum(done) != scene.tasks:
        raise RuntimeError(f"{scene.tasks} tasks were stored, {sum(done)} were completed")
    busy = [part for part in parts if part["tasks"]]
    return {**rates_of(scene.tasks, busy), "largest_share": max(done) / max(min(done), 1)}


def _drain(scene: Scene) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.forked_workers", "drain", scene.to_json()]
    with processes_of(command, 1) as [workers]:
        workers.go()
        answers: list[dict[str, Any]] = workers.answer()
        return answers

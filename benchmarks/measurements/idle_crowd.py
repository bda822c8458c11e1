"""Many idle workers, and one task now and then: how many claims each brings about, and how soon it runs."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from benchmarks.measurements.latency import percentiles
from benchmarks.opened_worker import worker_for
from benchmarks.scene import TASK_TYPE, Scene
from benchmarks.worker_processes import processes_of

PAUSE, SETTLING = 0.1, 3.5
"""Seconds after each task; seconds before the first, in which claims that nobody asked for are counted."""


async def measure(scene: Scene) -> dict[str, float]:
    async with worker_for(scene) as producer:
        await producer.enqueue(TASK_TYPE, {"n": -1})
        command = [sys.executable, "-m", "benchmarks.forked_workers", "wait", scene.to_json()]
        with processes_of(command, 1) as [workers]:
            await asyncio.sleep(SETTLING)
            quiet_since = time.monotonic()
            await asyncio.sleep(SETTLING)
            asked = await _produce(producer, scene.tasks)
            ended = time.monotonic()
            workers.go()
            answers = await asyncio.to_thread(workers.answer)
    arrived = {int(n): moment for each in answers for n, moment in each["arrived"].items()}
    claims = [moment for each in answers for moment in each["claims"]]
    return {
        "claims_per_task": _claims_per_task(claims, quiet_since, asked, ended),
        **percentiles(asked, arrived),
    }


def _claims_per_task(claims: list[float], quiet_since: float, asked: dict[int, float], ended: float) -> float:
    """Beyond those that idle workers make anyway."""
    begun = min(asked.values())
    anyway = sum(quiet_since <= moment < begun for moment in claims) / (begun - quiet_since)
    made = sum(begun <= moment <= ended for moment in claims)
    return max(0.0, made - anyway * (ended - begun)) / len(asked)


async def _produce(producer: Any, tasks: int) -> dict[int, float]:
    asked: dict[int, float] = {}
    for n in range(tasks):
        asked[n] = time.monotonic()
        await producer.enqueue(TASK_TYPE, {"n": n})
        await asyncio.sleep(PAUSE)
    await asyncio.sleep(PAUSE * 5)
    return asked

"""From the start of the process, `python -m worker.run`, to the first line of the first handler."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from statistics import median

from benchmarks.opened_worker import worker_for
from benchmarks.scene import Scene
from benchmarks.starting_handlers import FIRST

MODULE = "benchmarks.starting_handlers"


async def measure(scene: Scene) -> dict[str, float]:
    waits = list[float]()
    async with worker_for(scene) as worker:
        for _ in range(1 + scene.tasks):
            await worker.enqueue(FIRST)
            waits.append(await asyncio.to_thread(_start, scene.url))
    return {"first_handler_s": median(waits[1:])}  # the first compiles what all import


def _start(url: str) -> float:
    command = [sys.executable, "-m", "worker.run", "--url", url, "--handlers", MODULE, "--log-level", "warning"]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ran = float(process.stdout.readline())
        process.terminate()
    return ran - begun

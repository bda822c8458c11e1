"""A worker of ours, as every measurement uses it."""

from __future__ import annotations

from typing import Any

from backstage import Container, EnqueueTask, Worker
from benchmarks.scene import TASK_TYPE, Scene

FILLED_AT_ONCE = 1_000


def worker_for(scene: Scene, **settings: Any) -> Worker:
    """Return a worker with all guarantees on and nothing to say below a warning."""
    chosen = {"concurrency": scene.concurrency, "prefetch": scene.prefetch}
    settings |= {name: value for name, value in chosen.items() if value is not None}
    return Worker(scene.url, log_level="warning", **settings)


def requests(first: int, number: int) -> list[EnqueueTask]:
    return [EnqueueTask(TASK_TYPE, {"n": n}) for n in range(first, first + number)]


async def fill(backstage: Container, tasks: int) -> None:
    """Store so many tasks, in batches."""
    for first in range(0, tasks, FILLED_AT_ONCE):
        await backstage.enqueue_tasks(requests(first, min(FILLED_AT_ONCE, tasks - first)))


async def no_op(payload: Any) -> None:
    """What a worker runs when only its own work is to be measured."""

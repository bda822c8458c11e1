"""A worker of ours, as every measurement uses it."""

from __future__ import annotations

from typing import Any

from backstage import Container, EnqueueTask, Worker
from backstage.worker.hosting.whole_program import load_whole_program
from benchmarks.scene import TASK_TYPE, Scene

FILLED_AT_ONCE = 1_000


def worker_for(scene: Scene, *, url: str | None = None, **settings: Any) -> Worker:
    """Return a worker with all guarantees on, for the scene's store or another of its kind. Beside other tasks it
    prunes nothing: of a million that ended one each second a third are older than what is kept."""
    chosen = {"concurrency": scene.concurrency, "prefetch": scene.prefetch}
    if scene.others:
        settings |= {"keep_completed_for": "none", "keep_failed_for": "none"}
    settings |= {name: value for name, value in chosen.items() if value is not None}
    return Worker(url or scene.url, **({} if scene.is_stock else {"log_level": "warning"}), **settings)


async def load_all_of(worker: Worker) -> None:
    """Import what a worker imports soon after its first claim: its start is measured apart."""
    await load_whole_program(type(worker.backstage.backend).__module__.rpartition(".")[0])


def requests(scene: Scene, first: int, number: int) -> list[EnqueueTask]:
    return [EnqueueTask(TASK_TYPE, scene.payload(n)) for n in range(first, first + number)]


async def fill(backstage: Container, scene: Scene) -> None:
    """Store the scene's tasks, in batches."""
    for first in range(0, scene.tasks, FILLED_AT_ONCE):
        await backstage.enqueue_tasks(requests(scene, first, min(FILLED_AT_ONCE, scene.tasks - first)))


async def no_op(payload: Any) -> None:
    """What a worker runs when only its own work is to be measured."""

"""Claims alone, and beside many finished tasks and as many of next year: claiming must not look at those."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from statistics import median

from backstage import Worker
from backstage.domain.attempt import Attempt
from backstage.domain.lease import Lease
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from benchmarks.opened_worker import fill, worker_for
from benchmarks.scene import TASK_TYPE, Scene

YEAR = timedelta(days=365)
PAIRS = 8
"""Of passes, one on each store, for a machine's speed changes within minutes: their median ratio counts."""
CLAIMED_AT_ONCE = 100
CROWDED_AT_ONCE = 1_000


async def measure(scene: Scene) -> dict[str, float]:
    empty = replace(scene, url=scene.more_urls[0])
    await _crowd(scene)
    for store in (empty, scene):
        await _claimed(store)  # not counted: the first pass finds everything cold
    alone, crowded = list[float](), list[float]()
    for _ in range(PAIRS // 2):
        alone += [await _claimed(empty)]
        crowded += [await _claimed(scene), await _claimed(scene)]
        alone += [await _claimed(empty)]
    ratios = [one / other for one, other in zip(alone, crowded, strict=True)]
    return {"alone_per_s": median(alone), "crowded_per_s": median(crowded), "times_as_long": median(ratios)}


async def _claimed(scene: Scene) -> float:
    """Tasks a second, while they are claimed; storing and settling them is not counted."""
    worker = worker_for(scene)
    async with worker:
        await fill(worker.backstage, scene)
        queue = worker.backstage.backend.queue
        request = ClaimRequest(
            worker_id="benchmark", types=frozenset({TASK_TYPE}), queues=None, limit=CLAIMED_AT_ONCE, lease=60.0
        )
        claimed, seconds = 0, 0.0
        while claimed < scene.tasks:
            begun = time.perf_counter()
            tasks = (await queue.claim(request)).tasks
            seconds += time.perf_counter() - begun
            await queue.settle([task.completed() for task in tasks])
            claimed += len(tasks)
    return scene.tasks / seconds


async def _crowd(scene: Scene) -> None:
    """Store the others as a move from another store does: whole, with ids and records."""
    worker = worker_for(scene)
    async with worker:
        backend = worker.backstage.backend
        for first in range(0, scene.others, CROWDED_AT_ONCE):
            number = min(CROWDED_AT_ONCE, scene.others - first)
            finished = [_finished(each) for each in _tasks(worker, number, timedelta())]
            await backend.archive.write([*finished, *(StoredTask(each, ()) for each in _tasks(worker, number, YEAR))])


def _tasks(worker: Worker, number: int, delay: timedelta) -> Iterator[Task]:
    container = worker.backstage
    now = container.clock.now()
    for n in range(number):
        task_id = container.ids.new()
        yield Task(
            id=task_id,
            type=TASK_TYPE,
            payload_json=f'{{"n":{n}}}',
            created_at=now,
            scheduled_at=now + delay,
            correlation_id=task_id,
            workflow_id=task_id,
        )


def _finished(task: Task) -> StoredTask:
    moment = task.created_at
    running = task.claim(Lease("benchmark", moment), moment)
    outcome = running.completed()
    record: Attempt = Attempt.of(running, outcome, moment)
    return StoredTask(running.settle(outcome, moment), (record,))

from __future__ import annotations

import time
from typing import Any

from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.middleware import Middleware, Run
from backstage.worker.watching.metrics import WorkerMetrics


def metrics(counts: WorkerMetrics) -> Middleware:
    """Measure how long tasks waited, how long their handlers take and how many run."""

    def middleware(run: Run) -> Run:
        async def measured(context: TaskContext) -> Any:
            task = context.task
            lane = counts.of(task.queue, task.type)
            if task.started_at is not None:  # the claim's moment, by the same clock as the due time
                lane.waits.observe(max(0.0, (task.started_at - task.scheduled_at).total_seconds()))
            begun = time.perf_counter()  # the time of uvloop's loop stands still until the handler first waits
            lane.active += 1
            try:
                return await run(context)
            finally:
                took = time.perf_counter() - begun
                lane.active -= 1
                lane.seconds += took
                lane.durations.observe(took)
                lane.longest = max(lane.longest, took)

        return measured

    return middleware

from __future__ import annotations

import asyncio
from typing import Any

from backstage.worker.context import TaskContext
from backstage.worker.metrics import WorkerMetrics
from backstage.worker.middleware.middleware import Middleware, Run


def metrics(counts: WorkerMetrics) -> Middleware:
    """Measure how long handlers take and how many run."""

    def middleware(run: Run) -> Run:
        async def measured(context: TaskContext) -> Any:
            lane = counts.of(context.task.queue, context.task.type)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            lane.active += 1
            try:
                return await run(context)
            finally:
                took = loop.time() - begun
                lane.active -= 1
                lane.seconds += took
                lane.longest = max(lane.longest, took)

        return measured

    return middleware

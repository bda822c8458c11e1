from __future__ import annotations

from typing import Any

from backstage.domain.failure import text_of
from backstage.domain.ports.task_trace import TaskTrace
from backstage.domain.task_result import TaskResult
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.middleware import Middleware, Run


def spans(trace: TaskTrace) -> Middleware:
    """Put a span round each run. Composed in only where traces are wanted."""

    def middleware(run: Run) -> Run:
        async def traced(context: TaskContext) -> Any:
            with trace.processing(context.task, context.worker_id) as record_error:
                value = await run(context)
                if isinstance(value, TaskResult) and not value.success:
                    record_error(text_of(value.error))
                return value

        return traced

    return middleware

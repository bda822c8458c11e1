"""The limits of one run: what the task states wins, then its handler, its queue, the worker."""

from __future__ import annotations

from dataclasses import replace

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.limits import MAX_PAYLOAD_BYTES
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.worker_options import WorkerOptions


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Seconds; None is no limit."""

    timeout: float | None
    soft_timeout: float | None
    retry: RetryPolicy
    max_deliveries: int
    keep_result_for: float | None = None
    result_limit: int = MAX_PAYLOAD_BYTES
    keep_logs: bool = False
    """Whether the lines of every run are kept, and not only of one that failed."""

    def of(self, task: Task) -> RunLimits:
        """With what the task itself states."""
        return replace(self, timeout=task.timeout or self.timeout, soft_timeout=task.soft_timeout or self.soft_timeout)


def limits_of(options: WorkerOptions, queue_name: str, registration: TaskHandlerRegistration) -> RunLimits:
    queue = options.queues.get(queue_name)
    return RunLimits(
        registration.timeout or (queue and queue.hard_timeout) or options.timeout,
        registration.soft_timeout or (queue and queue.soft_timeout) or options.soft_timeout,
        RetryPolicy(
            registration.max_attempts or (queue and queue.max_attempts) or options.retry.max_attempts,
            registration.backoff or options.retry.backoff,
        ),
        max_deliveries_of(options, queue_name, registration),
        _first(registration.keep_result_for, None if queue is None else queue.keep_result_for),
        registration.result_limit or (queue and queue.result_limit) or MAX_PAYLOAD_BYTES,
        registration.keep_logs,
    )


def max_deliveries_of(options: WorkerOptions, queue_name: str, registration: TaskHandlerRegistration | None) -> int:
    """How many lost workers end a task that brings no limit of its own; a worker may take back a task for which it has
    no handler."""
    queue = options.queues.get(queue_name)
    return (registration and registration.max_deliveries) or (queue and queue.max_deliveries) or options.max_deliveries


def _first(of_handler: float | None, of_queue: float | None) -> float | None:
    """0 is a value here: a result that is given up at once."""
    return of_queue if of_handler is None else of_handler

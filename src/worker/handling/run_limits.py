"""The limits of one run: what the task states wins, then its handler, its queue, the worker."""

from __future__ import annotations

from dataclasses import dataclass

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


class LimitsOf:
    """Resolves the limits, once for each handler and queue."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._resolved: dict[tuple[str, str], RunLimits] = {}

    def __call__(self, task: Task, registration: TaskHandlerRegistration) -> RunLimits:
        limits = self._resolved.get((task.type, task.queue))
        if limits is None:
            limits = self._resolved[task.type, task.queue] = self._resolve(task.queue, registration)
        if task.timeout is None and task.soft_timeout is None:
            return limits
        return RunLimits(
            task.timeout or limits.timeout,
            task.soft_timeout or limits.soft_timeout,
            limits.retry,
            limits.max_deliveries,
        )

    def _resolve(self, queue_name: str, registration: TaskHandlerRegistration) -> RunLimits:
        options, queue = self._options, self._options.queues.get(queue_name)
        return RunLimits(
            registration.timeout or (queue and queue.hard_timeout) or options.timeout,
            registration.soft_timeout or (queue and queue.soft_timeout) or options.soft_timeout,
            RetryPolicy(
                registration.max_attempts or (queue and queue.max_attempts) or options.retry.max_attempts,
                registration.backoff or options.retry.backoff,
            ),
            self.max_deliveries(queue_name, registration),
        )

    def max_deliveries(self, queue_name: str, registration: TaskHandlerRegistration | None) -> int:
        """How many lost workers end a task that brings no limit of its own; a worker may take back a task for which it
        has no handler."""
        queue = self._options.queues.get(queue_name)
        return (
            (registration and registration.max_deliveries)
            or (queue and queue.max_deliveries)
            or self._options.max_deliveries
        )

"""What a worker needs to know to run the tasks of one queue and type, worked out with the first of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import UnknownTaskTypeError
from backstage.domain.lane_type import plain_type
from backstage.domain.task import Task
from backstage.domain.worker_info import EVERY_TYPE
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import RegisteredHandler
from backstage.worker.handling.middleware import Run
from backstage.worker.handling.run_limits import RunLimits, limits_of, max_deliveries_of
from backstage.worker.watching.metrics import RunMetrics, WorkerMetrics
from backstage.worker.worker_options import WorkerOptions

MOST_LANES = 10_000
"""Queues may be made without end; then lanes are worked out anew."""


@dataclass(frozen=True, slots=True)
class Lane:
    run: Run
    """The handler within its middleware."""
    limits: RunLimits
    counts: RunMetrics


class Lanes(dict[tuple[str, str], Lane]):
    """By queue and type, each version of its payload by itself. A dict, because each task is looked up here. There is a
    lane for every task: a type without a handler has that for any type; without that one, its attempts fail."""

    def __init__(
        self, handlers: Mapping[str, RegisteredHandler], options: WorkerOptions, metrics: WorkerMetrics
    ) -> None:
        """`handlers` by type, that for any type under EVERY_TYPE."""
        super().__init__()
        self._handlers, self._options, self._metrics = handlers, options, metrics

    def __missing__(self, lane: tuple[str, str]) -> Lane:
        queue, task_type = lane
        if len(self) >= MOST_LANES:
            self.clear()
        handler = self._handlers.get(task_type) or self._handlers.get(EVERY_TYPE, _NO_HANDLER)
        limits = limits_of(self._options, queue, handler.registration)
        made = self[lane] = Lane(handler.run, limits, self._metrics.of(queue, plain_type(task_type)))
        return made

    def max_deliveries(self, task: Task) -> int:
        """Also of a task that this worker has no handler for: it takes such back from workers that died."""
        handler = self._handlers.get(task.lane_type)
        if handler is None and self._serves_any_of(task.queue):
            handler = self._handlers[EVERY_TYPE]
        return max_deliveries_of(self._options, task.queue, None if handler is None else handler.registration)

    def _serves_any_of(self, queue: str) -> bool:
        return EVERY_TYPE in self._handlers and queue == next(iter(self._options.queues))


def _refuse(context: TaskContext) -> Any:
    raise UnknownTaskTypeError(context.task.lane_type)


_NO_HANDLER = RegisteredHandler(TaskHandlerRegistration("no-handler", _refuse), _refuse)

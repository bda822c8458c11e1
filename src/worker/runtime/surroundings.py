"""What a worker works with and does not make itself."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from typing import Any

from backstage.app.use_cases import UseCases
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.task_queue import TaskQueue
from backstage.worker.executing.child_setup import ChildSetup
from backstage.worker.handling.handler_store import HandlerStore
from backstage.worker.runtime.background_thread import Background, in_background_thread
from backstage.worker.watching.measured_queue import MeasuredQueue, StoreLatencies, measured_lease_queue
from backstage.worker.watching.metrics import WorkerMetrics


@dataclass(frozen=True, slots=True)
class Surroundings:
    """With a clock, ids, chance, event loop and `background` of its own, a simulation runs the worker's very code."""

    use_cases: UseCases
    chance: Chance
    logger: Any
    background: Background = in_background_thread
    handler_store: HandlerStore | None = None
    """What handlers may use; `child_setup` is for those in processes of their own."""
    child_setup: ChildSetup | None = None
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    latencies: StoreLatencies | None = None
    """Where somebody wants to know how long the store takes to answer."""
    load_the_rest: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Imports what is needed later, and never during a shutdown: by then the files may be another release's."""

    @property
    def backend(self) -> Backend:
        return self.use_cases.backend

    def queue(self) -> TaskQueue:
        queue = self.backend.queue
        return queue if self.latencies is None else MeasuredQueue(queue, self.latencies)

    def lease_queue(self) -> AbstractAsyncContextManager[TaskQueue]:
        """For another loop than the worker's."""
        opening = self.backend.lease_queue()
        return opening if self.latencies is None else measured_lease_queue(opening, self.latencies)

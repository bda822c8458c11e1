"""One queue of a service: its handlers, its options, and the runtime that serves it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from types import ModuleType
from typing import Any, Unpack

from backstage.app.dead_letters import DeadLetters
from backstage.domain.cron_task import CronTask
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.worker.handling.handler import HandlerOptions, TaskHandlerRegistration
from backstage.worker.handling.handler_modules import Marked, marked_in
from backstage.worker.handling.listener import ListenerRegistration
from backstage.worker.handling.receiver import Receivers
from backstage.worker.handling.unknown_options import refuse_unknown
from backstage.worker.hosting.handler_host import HandlerHost
from backstage.worker.hosting.new_runtime import new_runtime
from backstage.worker.hosting.processor_health import ProcessorHealth
from backstage.worker.runtime.runtime import WorkerRuntime
from backstage.worker.watching.metrics import RunMetrics, WorkerMetrics
from backstage.worker.worker_options import WorkerOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDuties:
    """What one processor does for the whole service."""

    retention: tuple[Retention, ...] = ()
    schedules: Sequence[CronTask] = ()
    receivers: Receivers = field(default_factory=Receivers)
    alerts: Sequence[ListenerRegistration] = ()
    resource_modules: Sequence[str] = ()
    """Those that each processor's handler processes open something for."""


class QueueProcessor(HandlerHost):
    """Runs the tasks of one queue of a `WorkerService`.

    `WorkerService.register_processor` makes it, and handlers are added before the start. Pausing concerns this
    processor alone: `backstage.pause_queue` pauses the queue for the whole fleet.
    """

    def __init__(
        self,
        queue: Queue,
        options: WorkerOptions,
        container: Container,
        dead_letters: DeadLetters,
        on_marked: Callable[[Marked], None],
    ) -> None:
        """`on_marked` takes what a module marks for the whole service."""
        super().__init__()
        self.queue = queue
        self.options = options
        self.dead_letters = dead_letters
        self._container = container
        self._on_marked = on_marked
        self._metrics = WorkerMetrics()
        self._runtime: WorkerRuntime | None = None
        self._running: asyncio.Task[None] | None = None

    # -- what it runs ------------------------------------------------------------------------------

    def include(self, module: ModuleType) -> None:
        """Register the handlers, the durable listeners and the middleware of a module here, and for the whole service
        its other listeners, receivers and schedules."""
        marked = marked_in(module)
        self._include_handlers(marked)
        self._on_marked(marked)

    def on_any(self, function: Callable[..., Any] | None = None, **options: Unpack[HandlerOptions]) -> Any:
        """Register the handler of every type of the queue that has none of its own, as a call or as a decorator.

        It sees the type in `context.task.type`; `options` are the limits of TaskHandlerRegistration.
        """
        refuse_unknown(options, "on_any", HandlerOptions)
        names = dict(sys._getframe(1).f_locals)  # so that annotations may name classes of the caller's function

        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            self._refuse_if_started(self.queue.name)
            if self.options.types:
                raise ConfigurationError(
                    "types", "are restricted, but a handler for any type takes all types: remove one of them"
                )
            self._registry.add_for_any(TaskHandlerRegistration(type=self.queue.name, handler=handler, **options), names)
            return handler

        return register if function is None else register(function)

    # -- how it is ---------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        return self._running is not None and not self._running.done()

    @property
    def is_paused(self) -> bool:
        return self._runtime is not None and self._runtime.is_paused

    def get_metrics(self) -> RunMetrics:
        """Counts and durations since the service was made, over all types."""
        return self._metrics.total

    @property
    def metrics(self) -> WorkerMetrics:
        """The same by type."""
        return self._metrics

    def get_health(self, *, is_queue_paused: bool = False) -> ProcessorHealth:
        signs = self._runtime.vital_signs() if self._runtime is not None else None
        problems = {loop.name: loop.problem() for loop in signs.loops} if signs is not None else {}
        if signs is not None:
            problems["slots"] = signs.hang
        return ProcessorHealth(
            problems=tuple(f"{name}: {problem}" for name, problem in problems.items() if problem is not None),
            queue=self.queue.name,
            is_running=self.is_running,
            is_paused=self.is_paused or is_queue_paused,
            metrics=self.get_metrics(),
        )

    async def pause(self) -> None:
        """Claim nothing until `resume`, and give back what waits for a slot; running tasks go on."""
        self._started().pause()

    async def resume(self) -> None:
        self._started().resume()

    # -- life, as the service decides ----------------------------------------------------------------

    def check(self) -> None:
        """Raises ConfigurationError for a processor without handlers."""
        if not self.types and not self.serves_any:
            raise ConfigurationError(
                self.queue.name,
                "its processor has no handler: add one with processor.on(type, function) or processor.on_any(function)",
            )

    async def start(self, duties: SharedDuties) -> None:
        """Return once it claims."""
        for alert in duties.alerts:
            self._durable_listeners.add(alert)
        runtime = self._runtime = new_runtime(
            self._container,
            self._declared(duties.schedules, duties.receivers, duties.resource_modules),
            replace(self.options, retention=duties.retention),
            self._metrics,
        )
        running = self._running = asyncio.create_task(runtime.run(), name=f"backstage-processor-{self.queue.name}")
        ready = asyncio.create_task(runtime.ready())
        await asyncio.wait([ready, running], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if running.done():
            await running

    def forget(self) -> None:
        """So that it may be started again; it has stopped."""
        self._runtime = self._running = None

    def runs(self, task: Task) -> bool:
        return self._runtime is not None and self._runtime.runs(task)

    @property
    def types(self) -> frozenset[str]:
        return self._registry.types(self.options.types)

    @property
    def serves_any(self) -> bool:
        """Whether it serves every type of its queue."""
        return self._registry.has_any

    def stop(self) -> None:
        if self._runtime is not None:
            self._runtime.stop()

    def stop_now(self) -> None:
        if self._runtime is not None:
            self._runtime.stop_now()

    async def give_back_elsewhere(self) -> None:
        if self._runtime is not None:
            await self._runtime.give_back_elsewhere()

    def running_types(self) -> list[str]:
        return [] if self._runtime is None else self._runtime.running_types()

    async def wait(self) -> None:
        """Return once it has stopped."""
        if self._running is not None:
            await asyncio.shield(self._running)

    def _refuse_if_started(self, what: str) -> None:
        if self._runtime is not None:
            raise ConfigurationError(what, "the service was started already: do this before the start")

    def _started(self) -> WorkerRuntime:
        if self._runtime is None:
            raise ConfigurationError(self.queue.name, "its processor was not started yet: start the service first")
        return self._runtime

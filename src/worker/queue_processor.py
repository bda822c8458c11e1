"""One queue of a service: its handlers, its options, and the runtime that serves it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, TypeVar

from backstage.app.dead_letters import DeadLetters
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import ConfigurationError
from backstage.domain.queue import Queue
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.worker.durable_listeners import DurableListeners
from backstage.worker.handler import TaskHandlerRegistration
from backstage.worker.handler_modules import Marked, marked_in
from backstage.worker.handler_registry import HandlerRegistry
from backstage.worker.listener import ListenerRegistration
from backstage.worker.metrics import RunMetrics, WorkerMetrics
from backstage.worker.middleware.middleware import Middleware
from backstage.worker.new_runtime import new_runtime
from backstage.worker.processor_health import ProcessorHealth
from backstage.worker.receiver import Receivers
from backstage.worker.runtime import WorkerRuntime
from backstage.worker.worker_options import WorkerOptions

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDuties:
    """What one processor does for the whole service."""

    retention: tuple[Retention, ...] = ()
    schedules: Sequence[CronTask] = ()
    receivers: Receivers | None = None
    alerts: Sequence[ListenerRegistration] = ()


class QueueProcessor:
    """Runs the tasks of one queue. Made by `WorkerService.register_processor`; handlers are added before the start.

    Pausing concerns this processor alone: `backstage.pause_queue` pauses the queue for the whole fleet.
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
        self.queue = queue
        self.options = options
        self.dead_letters = dead_letters
        self._container = container
        self._on_marked = on_marked
        self._registry = HandlerRegistry()
        self._durable_listeners = DurableListeners(self._registry)
        self._middlewares: list[Middleware] = []
        self._metrics = WorkerMetrics()
        self._runtime: WorkerRuntime | None = None
        self._running: asyncio.Task[None] | None = None

    # -- what it runs ------------------------------------------------------------------------------

    def on(self, task_type: str, function: Function | None = None, **limits: Any) -> Any:
        """Register a handler, as a call or as a decorator; `limits` are those of TaskHandlerRegistration."""
        names = dict(sys._getframe(1).f_locals)  # so that annotations may name classes of the caller's function

        def register(handler: Function) -> Function:
            self._add(TaskHandlerRegistration(type=task_type, handler=handler, **limits), names)
            return handler

        return register if function is None else register(function)

    def register_handler(self, registration: TaskHandlerRegistration) -> None:
        self._add(registration, None)

    def include(self, module: ModuleType) -> None:
        """Register the handlers, the durable listeners and the middleware of a module here, and for the whole service
        its other listeners, receivers and schedules."""
        marked = marked_in(module)
        for registration in marked.handlers:
            self._add(registration, None)
        for middleware in marked.middlewares:
            if middleware not in self._middlewares:
                self.use(middleware)
        for listening in marked.listeners:
            if listening.subscription is not None:
                self._refuse_if_started(listening.subscription.name)
                self._durable_listeners.add(listening)
        self._on_marked(marked)

    def use(self, middleware: Middleware) -> Middleware:
        """Wrap every handler of this processor; the first one added is the outermost."""
        self._refuse_if_started("middleware")
        self._middlewares.append(middleware)
        return middleware

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
        loops = self._runtime.vital_signs().loops if self._runtime is not None else ()
        problems = {loop.name: loop.problem() for loop in loops}
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
        if not self.types:
            raise ConfigurationError(
                self.queue.name, "its processor has no handler: add one with processor.on(type, function)"
            )

    async def start(self, duties: SharedDuties) -> None:
        """Return once it claims."""
        for alert in duties.alerts:
            self._durable_listeners.add(alert)
        runtime = self._runtime = new_runtime(
            self._container,
            self._registry,
            replace(self.options, retention=duties.retention),
            self._metrics,
            middlewares=self._middlewares,
            schedules=duties.schedules,
            receivers=duties.receivers,
            subscriptions=self._durable_listeners.subscriptions,
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

    def stop(self) -> None:
        if self._runtime is not None:
            self._runtime.stop()

    def stop_now(self) -> None:
        if self._runtime is not None:
            self._runtime.stop_now()

    async def wait(self) -> None:
        """Return once it has stopped."""
        if self._running is not None:
            await asyncio.shield(self._running)

    def _add(self, registration: TaskHandlerRegistration, names: Mapping[str, Any] | None) -> None:
        self._refuse_if_started(registration.type)
        self._registry.add(registration, names)

    def _refuse_if_started(self, what: str) -> None:
        if self._runtime is not None:
            raise ConfigurationError(what, "the service was started already: do this before")

    def _started(self) -> WorkerRuntime:
        if self._runtime is None:
            raise ConfigurationError(self.queue.name, "its processor was not started yet: start the service first")
        return self._runtime

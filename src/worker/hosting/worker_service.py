"""A service of several processors, each for one queue, over one store."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self, Unpack

from backstage.app.current_task import current_task
from backstage.domain.backoff import Backoff
from backstage.domain.errors import ConfigurationError
from backstage.domain.queue import Queue
from backstage.infra.container import Container
from backstage.infra.open_files import check_limit
from backstage.infra.settings.lazy_settings import load_settings
from backstage.infra.settings.setting_options import SettingOptions
from backstage.worker.hosting.alerts import ready_alerts
from backstage.worker.hosting.blocked_stop import BlockedStop
from backstage.worker.hosting.from_settings import container_from
from backstage.worker.hosting.new_processor import ProcessorOptions, ProcessorSettings, new_processor
from backstage.worker.hosting.process_host import ProcessHost
from backstage.worker.hosting.processors import Processors
from backstage.worker.hosting.queue_processor import QueueProcessor, SharedDuties
from backstage.worker.hosting.service_health import Check, ServiceHealth, examine_service
from backstage.worker.hosting.service_idleness import watch_for_idleness
from backstage.worker.hosting.stop_signals import StopSignals
from backstage.worker.watching.metrics import RunMetrics


class WorkerService(ProcessHost):
    """Runs several queues over one connection, each with a processor of its own.

    `url` and `settings` are read like Worker's, and hold for each processor unless it says otherwise; `container` is
    one that the application has made. `before_start` (sync or async) is called when the service starts, before any
    task; `checks` are asked by `get_health`. Raises ConfigurationError; connects when it is started.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        container: Container | None = None,
        log_handler: Callable[[Mapping[str, Any]], None] | None = None,
        before_start: Callable[[], Awaitable[None] | None] | None = None,
        checks: Mapping[str, Check] | None = None,
        **settings: Unpack[SettingOptions],
    ) -> None:
        if container is not None and (url is not None or settings or log_handler is not None):
            raise ConfigurationError("container", "has its own store, settings and log: pass either it or them")
        self._container = container or container_from(load_settings(url=url, **settings), log_handler)
        super().__init__(self._container.events, self._container.logger)
        self._before_start = before_start
        self._checks = dict(checks or {})
        self._processors = Processors()
        self._signals: StopSignals | None = None
        self._running: asyncio.Task[None] | None = None
        self._has_started = False

    # -- processors --------------------------------------------------------------------------------

    def register_processor(
        self,
        queue: str | Queue,
        handlers: Mapping[str, Callable[..., Any]] | Callable[..., Any] | None = None,
        *,
        backoff: Backoff | None = None,
        drain_delay: float | None = None,
        dead_letter_queue: str | None = None,
        **options: Unpack[ProcessorSettings],
    ) -> QueueProcessor:
        """Serve a queue with `handlers`, and with those that are added to the processor.

        They are task types with their functions, or one function for every type of the queue.

        `options` are the settings that may differ from queue to queue, ProcessorSettings; those that are left out are
        the service's. `drain_delay` is the longest wait in seconds until an empty queue is looked at again when no
        wake-up arrives. `dead_letter_queue` names the view on the queue's dead letters: `QUEUE.dead` unless given.
        Raises ConfigurationError.
        """
        self._refuse_if_started("processor")
        chosen = ProcessorOptions(backoff, drain_delay, dead_letter_queue, options)
        processor = new_processor(self._container, queue, chosen, self._include_shared)
        if handlers is not None and not isinstance(handlers, Mapping):
            processor.on_any(handlers)
            handlers = None
        for task_type, function in (handlers or {}).items():
            processor.on(task_type, function)
        self._processors.add(processor)
        return processor

    def get_processors(self) -> tuple[QueueProcessor, ...]:
        """In the order in which they were registered."""
        return tuple(self._processors)

    def get_processor(self, queue: str) -> QueueProcessor:
        """Raises ConfigurationError for a queue that has none."""
        return self._processors.get(queue)

    @property
    def backstage(self) -> Container:
        """The use cases on this service's store."""
        return self._container

    # -- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Return once every processor claims.

        Raises ConfigurationError where there is no processor, or one without handlers; StorageUnavailableError;
        ResourceFailedError; and what `before_start` raises. Then nothing runs, everything is freed, and it may be
        started again.
        """
        self._refuse_if_started("start")
        self._processors.check()
        check_limit()
        self._has_started = True
        try:
            await self._container.start()
            await self._prepare()
            await self._resources.open()
            await self._processors.start(self._shared_duties())
        except BaseException:
            await self._processors.forget()
            await self._resources.close(self._tell_unclosed)
            await self._container.close()
            self._has_started = False
            raise
        self._running = asyncio.create_task(self._run(), name="backstage-service")

    async def stop(self) -> None:
        """Claim no more, give running tasks the grace period, give the rest back, and disconnect.

        May be called again. One of this service's own handlers does not wait for it: the service waits for the handler.
        """
        self._processors.stop()
        asking = current_task.get()
        if asking is None or not self._processors.runs(asking):
            await self.wait()

    async def wait(self) -> None:
        """Return once the service has stopped: by `stop`, by a signal, or with `until_idle` as nothing is left."""
        if self._running is not None:
            await asyncio.shield(self._running)

    def setup_graceful_shutdown(self) -> None:
        """From now on the first SIGTERM, SIGINT or SIGQUIT stops the service, the next one ends the grace period.

        Afterwards the signal has its old effect, so the process ends as it would have. Signals that the application
        handles itself are left alone. Call it once the service has started, in the main thread.
        """
        if self._running is None or self._running.done():
            raise ConfigurationError("setup_graceful_shutdown", "the service is not running: start it first")
        if self._signals is None:
            processors, container = self._processors, self._container
            blocked = BlockedStop(
                container.settings.grace_period,
                processors.give_back_elsewhere,
                processors.running_types,
                container.logger,
            )
            self._signals = StopSignals(processors.stop, processors.stop_now, blocked=blocked)
            self._signals.__enter__()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- watching and steering -----------------------------------------------------------------------

    async def get_health(self) -> ServiceHealth:
        """Raises nothing for what is ill: the answer says so."""
        return await examine_service(self._processors, self._container.list_pauses, self._checks)

    def get_metrics(self) -> dict[str, RunMetrics]:
        """Counts and durations by queue, since the service was made."""
        return {processor.queue.name: processor.get_metrics() for processor in self._processors}

    async def pause_all(self) -> None:
        """Pause each processor of this service; other services and workers go on."""
        for processor in self._processors:
            await processor.pause()

    async def resume_all(self) -> None:
        for processor in self._processors:
            await processor.resume()

    # -- inside ------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        if self._before_start is not None:
            preparing = self._before_start()
            if inspect.isawaitable(preparing):
                await preparing

    def _shared_duties(self) -> SharedDuties:
        queues = [processor.queue for processor in self._processors]
        settings = self._container.settings
        return SharedDuties(
            retention=settings.retentions(queues),
            schedules=self._schedules,
            receivers=self._receivers,
            alerts=tuple(ready_alerts(settings, self._container.logger)),
            resource_modules=self._resources.modules,
        )

    async def _run(self) -> None:
        container = self._container
        watching = watch_for_idleness(container, self._processors) if container.settings.until_idle else None
        try:
            await self._processors.wait()
        finally:
            if watching is not None:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            self._processors.stop()
            await self._resources.close(self._tell_unclosed, within=container.settings.grace_period)
            await container.close()
            if self._signals is not None:
                self._signals.__exit__(None, None, None)

    def _refuse_if_started(self, what: str) -> None:
        if self._has_started:
            raise ConfigurationError(
                what, "the service was started already: do this before the start, on a new WorkerService"
            )

"""The worker as an application holds it: handlers, enqueueing, start and stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar, Unpack

from backstage.app.current_task import current_task
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening
from backstage.domain.queue import Queue
from backstage.infra.container import Container
from backstage.infra.open_files import check_limit
from backstage.infra.settings.lazy_settings import load_settings
from backstage.infra.settings.setting_options import SettingOptions
from backstage.worker import log_events
from backstage.worker.handling.handler_modules import marked_in
from backstage.worker.handling.listener import ListenerOptions, ListenerRegistration, registering
from backstage.worker.hosting.alerts import ready_alerts
from backstage.worker.hosting.blocked_stop import KILLED, BlockedStop
from backstage.worker.hosting.enqueueing_host import EnqueueingHost
from backstage.worker.hosting.from_settings import (
    container_from,
    options_from,
    queues_from,
    refuse_of_command,
    settings_over,
)
from backstage.worker.hosting.handler_host import HandlerHost
from backstage.worker.hosting.new_runtime import new_runtime
from backstage.worker.hosting.process_host import ProcessHost
from backstage.worker.hosting.stop_signals import StopSignals
from backstage.worker.hosting.store_connection import StoreConnection
from backstage.worker.runtime.runtime import WorkerRuntime
from backstage.worker.watching.measured_queue import StoreLatencies
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.vital_signs import Phase, VitalSigns

Function = TypeVar("Function", bound=Callable[..., Any])


class Worker(HandlerHost, EnqueueingHost, ProcessHost):
    """Runs tasks and enqueues them.

    `url` names the store; without it BACKSTAGE_URL, REDIS_HOST or `sqlite:///backstage.db` does. `queues` are names
    or Queue objects (none: every queue), `types` globs over the handlers' types. The other options are the fields
    of Settings, durations in seconds; `log_handler` receives each log entry as a mapping, `silent=True` keeps the
    rest quiet. A `container` brings the store, the log and the settings; other options go before its settings.
    Raises ConfigurationError for a wrong option; connects when first used.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        queues: str | Iterable[str | Queue] | None = None,
        log_handler: Callable[[Mapping[str, Any]], None] | None = None,
        container: Container | None = None,
        **settings: Unpack[SettingOptions],
    ) -> None:
        known = queues_from(queues)
        names = None if known is None else tuple(known)
        refuse_of_command(settings)
        if container is None:
            self._container = container_from(load_settings(url=url, queues=names, **settings), log_handler)
            self.settings = self._container.settings
        else:
            self._container = container
            self.settings = settings_over(container, url, log_handler, settings)
        HandlerHost.__init__(self)
        ProcessHost.__init__(self, self._container.events, self._container.logger)
        self._queues = {name: Queue(name) for name in self.settings.queues} if known is None else known
        for alert in ready_alerts(self.settings, self._container.logger):
            self._durable_listeners.add(alert)
        self._metrics = WorkerMetrics()
        self._latencies: StoreLatencies | None = None
        self._runtime: WorkerRuntime | None = None
        self._running: asyncio.Task[None] | None = None
        self._connection = StoreConnection(self._container)
        self._stopping: asyncio.Task[None] | None = None

    # -- what it runs ----------------------------------------------------------------------------

    def listen(self, *event_names: str, **options: Unpack[ListenerOptions]) -> Callable[[Function], Function]:
        """Call the decorated function with each event of these names, durably or not, as `backstage.listener` says."""
        registered = registering(*event_names, **options)

        def register(function: Function) -> Function:
            self.register_listener(registered(function))
            return function

        return register

    def register_listener(self, registration: ListenerRegistration) -> None:
        if registration.subscription is not None:
            self._refuse_if_started(registration.subscription.name)
            self._durable_listeners.add(registration)
            return
        for name in registration.events:
            self.events.on(name, registration.listener)

    def include(self, module: ModuleType) -> None:
        """Register every handler, listener, receiver, middleware and CronTask of a module."""
        marked = marked_in(module)
        self._refuse_if_started(module.__name__)
        self._include_handlers(marked)
        self._include_shared(marked)

    @property
    def name(self) -> str:
        """What is configured as `worker_id`."""
        return str(self.settings.worker_id)

    @property
    def worker_id(self) -> str:
        """What leases, records and `backstage workers` show: the name and a suffix, once the worker has started."""
        return self.name if self._runtime is None else self._runtime.worker_id

    @property
    def metrics(self) -> WorkerMetrics:
        return self._metrics

    @property
    def backstage(self) -> Container:
        """The use cases on this worker's store."""
        return self._container

    # -- enqueueing ------------------------------------------------------------------------------

    async def _opened(self) -> Container:
        if not self._connection.is_open:
            await self._connection.open()
        return self._container

    async def broadcast(self, name: str, payload: Any = None) -> BroadcastMessage:
        """Send a message to every live worker, this one included; the arguments are those of SendBroadcast."""
        await self._connection.open()
        return await self._container.send_broadcast(name, payload)

    # -- life ------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Open the store, as the first use would; harmless when it is open."""
        await self._connection.open()

    async def start(self) -> None:
        """Return once tasks are being claimed.

        SIGTERM, SIGINT and SIGQUIT, where nobody handles them yet, stop the worker gracefully and then end the
        process as they would have. Raises ConfigurationError, StorageUnavailableError, and ResourceFailedError for
        what a module opens when it starts.
        """
        await self._start(signal_ends_process=True)

    async def _start(self, *, signal_ends_process: bool) -> None:
        self._refuse_if_started("start")
        check_limit()
        self._warn_of_unknown_settings()
        await self._connection.open(Opening.WORK)
        self._refuse_if_started("start")  # by another call, while the store was being opened
        runtime = self._runtime = self._new_runtime()
        blocked = BlockedStop(
            self.settings.grace_period,
            runtime.give_back_elsewhere,
            runtime.running_types,
            self._container.logger,
            code=KILLED if signal_ends_process else 0,
        )
        signals = StopSignals(runtime.stop, runtime.stop_now, ends_process=signal_ends_process, blocked=blocked)
        self._running = asyncio.create_task(self._run(runtime, signals), name="backstage-worker")
        ready = asyncio.create_task(runtime.ready())
        await asyncio.wait([ready, self._running], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._running.done() and self._running.exception() is not None:
            failed, self._running, self._runtime = self._running, None, None
            await failed

    async def stop(self) -> None:
        """Claim no more, give running tasks the grace period, give the rest back, and disconnect.

        May be called again. One of this worker's own handlers does not wait for it: the worker waits for the handler.
        """
        runtime, asking = self._runtime, current_task.get()
        self._connection.give_up()
        if runtime is not None:
            runtime.stop()
        if self._stopping is None or self._stopping.done():
            self._stopping = asyncio.create_task(self._finish(), name="backstage-stop")
        if runtime is None or asking is None or not runtime.runs(asking):
            await asyncio.shield(self._stopping)

    async def _finish(self) -> None:
        try:
            await self.wait()
        finally:
            await self._connection.close()

    async def wait(self) -> None:
        """Return once the worker has stopped by itself, by a signal or by `stop`."""
        if self._running is not None:
            await asyncio.shield(self._running)

    async def run(self) -> None:
        """Work until stopped, by a signal or by `stop`, or with `until_idle` until nothing is left to do.

        A store that does not answer yet is waited for, up to `start_timeout`. Raises what `start` raises.
        """
        self._refuse_if_started("run")
        if await self._connection.awaited():
            await self._start(signal_ends_process=False)
        try:
            await self.wait()
        finally:
            await self.stop()

    @property
    def is_stuck(self) -> bool:
        """Whether a stopped worker's handler still runs because it ignores its cancellation."""
        return self._runtime is not None and self._runtime.is_stuck

    def vital_signs(self) -> VitalSigns:
        """The worker as it is now; may be called from any thread."""
        if self._runtime is None:
            return VitalSigns(worker_id=self.worker_id, phase=Phase.STARTING)
        return self._runtime.vital_signs()

    def acknowledge_emptied_store(self) -> None:
        """Let `/health` be good again, which says for an hour that the store was emptied under this worker."""
        self._started().acknowledge_emptied_store()

    def measure_store(self) -> StoreLatencies:
        """Measure from the start on how long the store takes to answer; else nobody does, and it costs nothing."""
        self._refuse_if_started("measure_store")
        self._latencies = self._latencies or StoreLatencies()
        return self._latencies

    def pause(self) -> None:
        """Claim nothing on this worker until `resume`; running tasks go on."""
        self._started().pause()

    def resume(self) -> None:
        self._started().resume()

    async def __aenter__(self) -> Self:
        await self._connection.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- inside ----------------------------------------------------------------------------------

    def _warn_of_unknown_settings(self) -> None:
        for unknown in self.settings.unknown:
            self._container.logger.warning(
                log_events.SETTING_UNKNOWN, setting=unknown.name, place=unknown.place, nearest=unknown.nearest
            )

    async def _run(self, runtime: WorkerRuntime, signals: StopSignals) -> None:
        await self._resources.open()
        with signals:
            try:
                await runtime.run()
            finally:
                await self._resources.close(self._tell_unclosed, within=self.settings.grace_period)

    def _new_runtime(self) -> WorkerRuntime:
        return new_runtime(
            self._container,
            self._declared(self._schedules, self._receivers, self._resources.modules),
            options_from(self.settings, self._queues),
            self._metrics,
            self._latencies,
        )

    def _refuse_if_started(self, what: str) -> None:
        if self._runtime is not None:
            remedy = "make a new Worker" if what in {"start", "run"} else "do this before the start, on a new Worker"
            raise ConfigurationError(what, f"the worker was started already: {remedy}")

    def _started(self) -> WorkerRuntime:
        if self._runtime is None:
            raise ConfigurationError("worker", "was not started yet: call start() first")
        return self._runtime

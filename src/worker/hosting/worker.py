"""The worker as an application holds it: handlers, enqueueing, start and stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar, Unpack
from uuid import UUID

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.backoff import Backoff
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.opening import Opening
from backstage.domain.queue import DEFAULT_QUEUE, Queue
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.infra.open_files import check_limit
from backstage.infra.settings.loading import load_settings
from backstage.infra.store_opening import StoreOpening
from backstage.worker import log_events
from backstage.worker.handling.current_task import current_task
from backstage.worker.handling.handler_modules import marked_in
from backstage.worker.handling.listener import ListenerOptions, ListenerRegistration, registering
from backstage.worker.hosting.alerts import ready_alerts
from backstage.worker.hosting.blocked_stop import KILLED, BlockedStop
from backstage.worker.hosting.from_settings import container_from, options_from, queues_from
from backstage.worker.hosting.handler_host import HandlerHost
from backstage.worker.hosting.new_runtime import new_runtime
from backstage.worker.hosting.process_host import ProcessHost
from backstage.worker.hosting.stop_signals import StopSignals
from backstage.worker.runtime.runtime import WorkerRuntime
from backstage.worker.watching.measured_queue import StoreLatencies
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.vital_signs import Phase, VitalSigns

Function = TypeVar("Function", bound=Callable[..., Any])


class Worker(HandlerHost, ProcessHost):
    """Runs tasks and enqueues them.

    `url` names the store; without it BACKSTAGE_URL, REDIS_HOST or `sqlite:///backstage.db` does. `queues` are names
    or Queue objects (none: every queue), `types` globs over the handlers' types. The other options are the fields
    of Settings, durations in seconds; `log_handler` receives each log entry as a mapping, `silent=True` keeps the
    rest quiet. Raises ConfigurationError for a wrong option; connects when first used.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        queues: str | Iterable[str | Queue] | None = None,
        log_handler: Callable[[Mapping[str, Any]], None] | None = None,
        container: Container | None = None,
        **settings: Any,
    ) -> None:
        known = queues_from(queues)
        names = None if known is None else tuple(known)
        self._container = container or container_from(load_settings(url=url, queues=names, **settings), log_handler)
        HandlerHost.__init__(self)
        ProcessHost.__init__(self, self._container.events)
        self.settings = self._container.settings
        self._queues = {name: Queue(name) for name in self.settings.queues} if known is None else known
        for alert in ready_alerts(self.settings, self._container.logger):
            self._durable_listeners.add(alert)
        self._metrics = WorkerMetrics()
        self._latencies: StoreLatencies | None = None
        self._runtime: WorkerRuntime | None = None
        self._running: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opened_as = Opening.CREATE
        self._awaiting: StoreOpening | None = None
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
        self._refuse_if_started(module.__name__)
        marked = marked_in(module)
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

    async def enqueue(
        self,
        task_type: str,
        payload: Any = None,
        *,
        priority: int = 0,
        queue: str = DEFAULT_QUEUE,
        delay: float | None = None,
        scheduled_at: datetime | str | None = None,
        dedupe: Dedupe | str | None = None,
        max_attempts: int | None = None,
        backoff: Backoff | None = None,
        timeout: float | None = None,
        soft_timeout: float | None = None,
        max_deliveries: int | None = None,
        correlation_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        id: str | UUID | None = None,
        connection: Any = None,
    ) -> Task | None:
        """Store a task and return it, or None if its dedupe key is held.

        Inside a handler the correlation id is carried on. Raises InvalidTaskDataError, and then nothing is stored.
        """
        running = current_task.get()
        request = EnqueueTask(
            type=task_type,
            payload=payload,
            priority=priority,
            queue=queue,
            delay=delay,
            scheduled_at=scheduled_at,
            dedupe=dedupe,
            max_attempts=max_attempts,
            backoff=backoff,
            timeout=timeout,
            soft_timeout=soft_timeout,
            max_deliveries=max_deliveries,
            correlation_id=correlation_id or (running.correlation_id if running else None),
            metadata=metadata,
            id=id,
        )
        await self._open()
        enqueued = await self._container.enqueue_task(request, connection=connection)
        return None if isinstance(enqueued, Duplicate) else enqueued

    async def schedule(self, task_type: str, payload: Any, delay: float, **options: Any) -> Task | None:
        """Enqueue a task that is due in `delay` seconds; `options` are those of `enqueue`."""
        return await self.enqueue(task_type, payload, delay=delay, **options)

    async def broadcast(self, name: str, payload: Any = None) -> BroadcastMessage:
        """Send a message to every live worker, this one included; the arguments are those of SendBroadcast."""
        await self._open()
        return await self._container.send_broadcast(name, payload)

    # -- life ------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Open the store, as the first use would; harmless when it is open."""
        await self._open()

    async def start(self) -> None:
        """Return once tasks are being claimed.

        SIGTERM, SIGINT and SIGQUIT, where nobody handles them yet, stop the worker gracefully and then end the
        process as they would have. Raises ConfigurationError and StorageUnavailableError.
        """
        await self._start(signal_ends_process=True)

    async def _start(self, *, signal_ends_process: bool) -> None:
        self._refuse_if_started("start")
        check_limit()
        self._warn_of_unknown_settings()
        await self._open(Opening.WORK)
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
        self._running = asyncio.create_task(_run(runtime, signals), name="backstage-worker")
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
        if self._awaiting is not None:
            self._awaiting.give_up()
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
            if self._opening is not None:
                await asyncio.wait([self._opening])
                self._opening = None
                await self._container.close()

    async def wait(self) -> None:
        """Return once the worker has stopped by itself, by a signal or by `stop`."""
        if self._running is not None:
            await asyncio.shield(self._running)

    async def run(self) -> None:
        """Work until stopped, by a signal or by `stop`, or with `until_idle` until nothing is left to do.

        A store that does not answer yet is waited for, up to `start_timeout`. Raises what `start` raises.
        """
        self._refuse_if_started("run")
        if await self._awaited_store():
            await self._start(signal_ends_process=False)
        try:
            await self.wait()
        finally:
            await self.stop()

    async def _awaited_store(self) -> bool:
        """Return whether the store was opened before a signal or `stop` came."""
        settings, container = self.settings, self._container
        awaiting = StoreOpening(
            partial(self._open, Opening.WORK), settings.start_timeout, container.chance, container.logger
        )
        self._awaiting, is_open = awaiting, False
        try:
            with StopSignals(awaiting.give_up, awaiting.give_up, ends_process=False):
                is_open = await awaiting.run()
        finally:
            self._awaiting = None
            if not is_open and self._opening is not None:
                self._opening.cancel()
        return is_open

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
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- inside ----------------------------------------------------------------------------------

    async def _open(self, as_what: Opening = Opening.CREATE) -> None:
        """Once; but as a worker again, where it was opened to enqueue: that brought no schema up to date."""
        if self._opening is None or (as_what is Opening.WORK and self._opened_as is not as_what):
            self._opened_as = as_what
            self._opening = asyncio.create_task(self._open_container(as_what, self._opening))
        opening = self._opening
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            if opening.cancelled():
                raise StorageUnavailableError("the worker was stopped before its store answered") from None
            raise
        except Exception:
            self._opening = None  # so that the next use tries again
            raise

    async def _open_container(self, as_what: Opening, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        await self._container.start(as_what)

    def _warn_of_unknown_settings(self) -> None:
        for unknown in self.settings.unknown:
            self._container.logger.warning(
                log_events.SETTING_UNKNOWN, setting=unknown.name, place=unknown.place, nearest=unknown.nearest
            )

    def _new_runtime(self) -> WorkerRuntime:
        return new_runtime(
            self._container,
            self._registry,
            options_from(self.settings, self._queues),
            self._metrics,
            self._latencies,
            middlewares=self._middlewares,
            schedules=self._schedules,
            receivers=self._receivers,
            subscriptions=self._durable_listeners.subscriptions,
        )

    def _refuse_if_started(self, what: str) -> None:
        if self._runtime is not None:
            raise ConfigurationError(what, "the worker was started already: do this before, on a new Worker")

    def _started(self) -> WorkerRuntime:
        if self._runtime is None:
            raise ConfigurationError("worker", "was not started yet: call start() first")
        return self._runtime


async def _run(runtime: WorkerRuntime, signals: StopSignals) -> None:
    with signals:
        await runtime.run()

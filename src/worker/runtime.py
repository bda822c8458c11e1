"""The worker's runtime: its loops, its slots, and the one order in which it shuts down."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from backstage.app.chain_task import chain_task
from backstage.domain.errors import StorageError
from backstage.domain.outcome import Outcome
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.ports.wakeup import Wakeup
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo
from backstage.worker import log_events
from backstage.worker.announcer import Announcer
from backstage.worker.aside import Aside, in_own_thread
from backstage.worker.attempt_runner import AttemptRunner
from backstage.worker.claimer import Claimer
from backstage.worker.conclusion import Conclusion
from backstage.worker.context import TaskContext
from backstage.worker.error_backoff import ErrorBackoff
from backstage.worker.handler_processes import HandlerProcesses
from backstage.worker.handler_registry import HandlerRegistry, RegisteredHandler
from backstage.worker.handler_threads import HandlerThreads
from backstage.worker.held_task import HeldTask, HeldTasks, StopReason
from backstage.worker.lease_keeper import LeaseKeeper
from backstage.worker.metrics import WorkerMetrics
from backstage.worker.middleware.middleware import Middleware, compose
from backstage.worker.middleware.timeout import timeout
from backstage.worker.outcome_log import OutcomeLog
from backstage.worker.periodic import every
from backstage.worker.reclaimer import Reclaimer
from backstage.worker.run_limits import LimitsOf
from backstage.worker.settler import Settler
from backstage.worker.worker_options import WorkerOptions

BEAT_INTERVAL = 5.0
CANCEL_GRACE = 1.0
"""Seconds that cancelled handlers have to end before their tasks are given back without them."""


class WorkerRuntime:
    """Claims tasks and runs their handlers until told to stop. Use once: make, `run`, `stop`.

    Everything is injected: with a clock, ids, chance, event loop and `aside` of its own, a simulation runs this
    very code.
    """

    def __init__(
        self,
        backend: Backend,
        registry: HandlerRegistry,
        options: WorkerOptions,
        events: EventBus,
        ids: Ids,
        chance: Chance,
        logger: Any,
        middlewares: Sequence[Middleware] = (),
        metrics: WorkerMetrics | None = None,
        aside: Aside = in_own_thread,
    ) -> None:
        self._backend = backend
        self._registry = registry
        self._options = options
        self._chance = chance
        self._logger = logger
        self._aside = aside
        self.metrics = metrics or WorkerMetrics()
        self._types = registry.types(options.types)
        self._queues = {name: queue.priority for name, queue in options.queues.items()} or None
        self._limits_of = LimitsOf(options)
        self._threads = HandlerThreads(options.concurrency)
        self._processes = HandlerProcesses(options.concurrency)
        self._handlers = self._compose(middlewares)
        self._held = HeldTasks()
        self._waiting: deque[HeldTask] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._is_paused = False
        self._is_stopping = False
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ready = asyncio.Event()
        self._outcome_log = OutcomeLog(logger)
        self._announcer = Announcer(events, backend.clock, options.worker_id)
        self._settler = Settler(backend.queue, self._on_settled, ErrorBackoff(chance), logger)
        conclusion = Conclusion(partial(chain_task, ids=ids, clock=backend.clock), chance)
        self._runner = AttemptRunner(self._limits_of, conclusion, options.worker_id, logger)
        self._claimer = Claimer(
            backend.queue,
            self._request,
            self._held,
            self._room,
            self._start,
            self._on_nothing_due,
            options.poll_interval,
            ErrorBackoff(chance),
            logger,
        )

    # -- life ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Return once `stop` was called, or nothing is left with `is_until_idle`, and nothing is held any more."""
        loop = asyncio.get_running_loop()
        keeper = LeaseKeeper(
            self._held,
            self._backend.lease_queue,
            self._options.lease,
            self._options.control_interval,
            lambda held, reason: loop.call_soon_threadsafe(self._told, held, reason),
            self._logger,
        )
        started_at = self._backend.clock.now()
        async with self._aside("backstage-leases", keeper.run), self._backend.wakeup() as wakeup:
            async with self._duties(wakeup, started_at):
                claiming = asyncio.create_task(self._claimer.run(), name="backstage-claimer")
                self._logger.info(
                    log_events.WORKER_STARTED,
                    worker_id=self._options.worker_id,
                    concurrency=self._options.concurrency,
                    queues=sorted(self._queues) if self._queues else "all",
                    types=sorted(self._types),
                )
                self._ready.set()
                await self._stop.wait()
                await self._shut_down(claiming)
        await self._leave()
        self._logger.info(log_events.WORKER_STOPPED, worker_id=self._options.worker_id)

    async def ready(self) -> None:
        """Return once the worker claims."""
        await self._ready.wait()

    def stop(self) -> None:
        """Claim no more, let running tasks end within the grace period, give the rest back. May be called at any
        time and again."""
        self._is_stopping = True
        self._stop.set()

    def stop_now(self) -> None:
        """Like `stop`, without the grace period."""
        self.stop()
        self._hurry.set()

    def pause(self) -> None:
        """Claim nothing on this worker until `resume`; running tasks go on."""
        self._is_paused = True

    def resume(self) -> None:
        self._is_paused = False
        self._claimer.hint()

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    @contextlib.asynccontextmanager
    async def _duties(self, wakeup: Wakeup, started_at: Any) -> AsyncIterator[None]:
        options, chance, logger = self._options, self._chance, self._logger
        reclaimer = Reclaimer(self._backend, options, self._announcer, logger)
        duties = [
            asyncio.create_task(duty, name=f"backstage-{name}")
            for name, duty in (
                ("settler", self._settler.run()),
                ("announcer", self._announcer.run()),
                ("wakeup", self._pass_on_hints(wakeup)),
                ("reclaimer", every(options.reclaim_interval, "reclaimer", reclaimer.reclaim, chance, logger)),
                ("pruner", every(options.prune_interval, "pruner", reclaimer.prune, chance, logger)),
                ("beat", every(BEAT_INTERVAL, "beat", partial(self._beat, started_at), chance, logger)),
            )
        ]
        try:
            yield
        finally:
            for duty in duties:
                duty.cancel()
            await asyncio.gather(*duties, return_exceptions=True)
            self._threads.close()
            await self._processes.close()

    async def _shut_down(self, claiming: asyncio.Task[None]) -> None:
        """The one order of shutting down: no new claims, the grace period, cancel, give back, settle all of it."""
        self._logger.info(log_events.WORKER_STOPPING, running=len(self._running), waiting=len(self._waiting))
        self._claimer.stop()
        self._give_back_waiting()
        await asyncio.wait([claiming], timeout=self._options.lease)  # a claim under way may still bring tasks
        claiming.cancel()
        self._give_back_waiting()
        await self._grace()
        for held in self._held.snapshot():
            if held.run is not None and not held.run.done():
                held.stop(StopReason.SHUTDOWN)
        if self._running:
            await asyncio.wait(self._running, timeout=CANCEL_GRACE)
        for held in self._held.snapshot():
            if held.run is not None and not held.run.done():
                self._logger.error(log_events.HANDLER_STUCK, task_id=held.task.id, type=held.task.type)
                self._settler.submit(held.task.released())  # the fence keeps out whatever the handler still does
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.lease):
                await self._settler.drained()
                await self._announcer.drained()

    async def _grace(self) -> None:
        if not self._running:
            return
        hurry = asyncio.create_task(self._hurry.wait())
        ended = asyncio.create_task(asyncio.wait(self._running))
        await asyncio.wait([hurry, ended], timeout=self._options.grace_period, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        ended.cancel()
        await asyncio.gather(hurry, ended, return_exceptions=True)

    # -- tasks -----------------------------------------------------------------------------------

    def _room(self) -> int:
        if self._is_paused or self._is_stopping or not self._types:
            return 0
        options = self._options
        most = options.concurrency + options.prefetch
        if self._settler.backlog >= 10 * most:
            return 0  # the store does not take outcomes: more tasks would only pile up here
        return most - len(self._running) - len(self._waiting) - self._threads.abandoned

    def _request(self, limit: int) -> ClaimRequest:
        return ClaimRequest(
            worker_id=self._options.worker_id,
            types=self._types,
            queues=self._queues,
            limit=limit,
            lease=self._options.lease,
        )

    def _start(self, tasks: Sequence[Task], lease_end: float) -> None:
        for task in tasks:
            held = HeldTask(task, lease_end, self._backend.queue, self._shutting_down)
            self._held.add(held)
            self._waiting.append(held)
        if self._is_stopping:
            self._give_back_waiting()
        else:
            self._fill_slots()

    def _fill_slots(self) -> None:
        while self._waiting and len(self._running) + self._threads.abandoned < self._options.concurrency:
            held = self._waiting.popleft()
            held.run = run = asyncio.create_task(self._run(held))
            self._running.add(run)

    async def _run(self, held: HeldTask) -> None:
        self._announcer.started(held.task)
        try:
            outcome = await self._runner.run(held, self._handlers[held.task.type])
        except asyncio.CancelledError:  # cancelled before its first step
            outcome = None if held.stop_reason is StopReason.LEASE_LOST else held.task.released()
        if outcome is None:
            self._held.drop(held.task.id, held.task.fence)
        else:
            self._settler.submit(outcome)
        run = held.run
        assert run is not None
        self._running.discard(run)
        if not self._is_stopping:
            self._fill_slots()
        self._claimer.hint()

    def _give_back_waiting(self) -> None:
        while self._waiting:
            self._settler.submit(self._waiting.popleft().task.released())

    def _told(self, held: HeldTask, reason: StopReason) -> None:
        """The lease keeper says that a task is lost, or to be cancelled."""
        if held.stop_reason is reason or self._held.find(held.task.id) is not held:
            return
        if held.run is None:
            self._drop_waiting(held, reason)
        elif not held.run.done():
            if reason is StopReason.LEASE_LOST:
                self._logger.warning(log_events.LEASE_LOST, task_id=held.task.id, type=held.task.type)
            held.stop(reason)

    def _drop_waiting(self, held: HeldTask, reason: StopReason) -> None:
        if held not in self._waiting:
            return  # given back already
        self._waiting.remove(held)
        if reason is StopReason.LEASE_LOST:
            self._held.drop(held.task.id, held.task.fence)
        else:
            self._settler.submit(held.task.cancelled())
        self._claimer.hint()

    def _on_settled(self, outcome: Outcome, state: TaskState | None) -> None:
        held = self._held.find(outcome.task_id)
        if held is None or held.task.fence != outcome.fence:
            return
        self._held.drop(outcome.task_id, outcome.fence)
        if state is None:
            self._logger.warning(log_events.OUTCOME_REFUSED, task_id=outcome.task_id, outcome=outcome.kind)
            return
        self.metrics.count(held.task.queue, held.task.type, outcome.kind)
        self._outcome_log.write(held.task, outcome, state)
        self._announcer.ended(held.task, outcome, state)

    # -- the rest --------------------------------------------------------------------------------

    def _shutting_down(self) -> bool:
        return self._is_stopping

    async def _pass_on_hints(self, wakeup: Wakeup) -> None:
        while True:
            await wakeup.wait(3600.0)
            self._claimer.hint()

    async def _on_nothing_due(self) -> None:
        if self._options.is_until_idle and not self._held:
            queues = frozenset(self._queues) if self._queues else None
            if await self._backend.queue.is_idle(self._types, queues) and not self._held:
                self.stop()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(self._options.lease):
                await self._backend.registry.leave(self._options.worker_id)
        except (StorageError, TimeoutError) as error:  # the registry forgets silent workers by itself
            self._logger.warning(log_events.LOOP_FAILED, loop="leave", error=str(error))

    async def _beat(self, started_at: Any) -> None:
        now = self._backend.clock.now()
        await self._backend.registry.beat(
            WorkerInfo(
                id=self._options.worker_id,
                host=socket.gethostname(),
                pid=os.getpid(),
                started_at=started_at,
                seen_at=now,
                concurrency=self._options.concurrency,
                queues=tuple(sorted(self._queues or ())),
                types=tuple(sorted(self._types)),
                running=tuple(held.task.id for held in self._held.snapshot()[:100]),
                is_stopping=self._is_stopping,
            )
        )

    def _compose(self, middlewares: Sequence[Middleware]) -> dict[str, RegisteredHandler]:
        """Wrap each handler once; `middlewares` come between the built-in ones and the timeout."""
        handlers = {}
        for task_type in self._types:
            registration = self._registry.registration(task_type)

            def limits(context: TaskContext, registration: Any = registration) -> Any:
                return self._limits_of(context.task, registration)

            inner = (*middlewares, timeout(limits, self._tell_soft_timeout))
            run = compose(inner, self._registry.bind(task_type, self._threads, self._processes))
            handlers[task_type] = RegisteredHandler(registration, run)
        return handlers

    def _tell_soft_timeout(self, context: TaskContext) -> None:
        held = self._held.find(context.task.id)
        if held is not None and held.task.fence == context.fence:
            held.tell_soft_timeout()

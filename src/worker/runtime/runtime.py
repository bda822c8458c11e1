"""The worker's runtime: its loops, and the one order in which it shuts down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from backstage.app.use_cases import UseCases
from backstage.domain.cron_task import CronTask
from backstage.domain.errors import StoreReplacedError
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.task_queue import ClaimRequest, TaskQueue
from backstage.domain.ports.wakeup import Wakeup
from backstage.domain.subscription import Subscription
from backstage.domain.task import Task
from backstage.domain.worker_info import EVERY_TYPE, beat_interval
from backstage.worker import log_events
from backstage.worker.executing.child_setup import ChildSetup
from backstage.worker.executing.conclusion import Conclusion
from backstage.worker.executing.handler_processes import HandlerProcesses
from backstage.worker.executing.handler_threads import HandlerThreads
from backstage.worker.handling.handler_registry import HandlerRegistry, RegisteredHandler
from backstage.worker.handling.handler_store import HandlerStore
from backstage.worker.handling.middleware import Middleware, compose
from backstage.worker.handling.receiver import Receivers
from backstage.worker.middleware.timeout import Deadlines, timeout
from backstage.worker.runtime.attempt_runner import AttemptRunner
from backstage.worker.runtime.background_thread import Background, in_background_thread
from backstage.worker.runtime.beat import Beat
from backstage.worker.runtime.broadcast_loop import BroadcastLoop
from backstage.worker.runtime.claimer import Claimer
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.held_task import mark_over_soft_timeout
from backstage.worker.runtime.hung_slots import HungSlots
from backstage.worker.runtime.lanes import Lanes
from backstage.worker.runtime.lease_keeper import LeaseKeeper
from backstage.worker.runtime.older_workers import OlderWorkers
from backstage.worker.runtime.pause_watch import LOOK_EVERY, PauseWatch
from backstage.worker.runtime.periodic import every, kept_up
from backstage.worker.runtime.queue_ranks import queue_ranks
from backstage.worker.runtime.reclaimer import Reclaimer
from backstage.worker.runtime.replaced_store import ReplacedStore
from backstage.worker.runtime.schedule_loop import ScheduleLoop
from backstage.worker.runtime.slots import Slots
from backstage.worker.runtime.store_watch import StoreWatch
from backstage.worker.runtime.subscription_watch import SubscriptionWatch
from backstage.worker.runtime.unserved_watch import LOOK_EVERY as LOOK_FOR_UNSERVED_EVERY
from backstage.worker.runtime.unserved_watch import UnservedWatch
from backstage.worker.watching.loop_health import LoopHealths
from backstage.worker.watching.measured_queue import MeasuredQueue, StoreLatencies, measured_lease_queue
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.vital_signs import Phase, VitalSigns
from backstage.worker.worker_options import WorkerOptions

STALLED_AFTER = 0.5
"""Seconds, up to twice as many, that a task claimed ahead has waited for a slot when it goes back, with all others."""


class WorkerRuntime:
    """Claims tasks and runs their handlers until told to stop. Use once: make, `run`, `stop`.

    Everything is injected: with a clock, ids, chance, event loop and `background` of its own, a simulation runs this
    very code.
    """

    def __init__(
        self,
        use_cases: UseCases,
        registry: HandlerRegistry,
        options: WorkerOptions,
        chance: Chance,
        logger: Any,
        *,
        middlewares: Sequence[Middleware] = (),
        metrics: WorkerMetrics | None = None,
        latencies: StoreLatencies | None = None,
        schedules: Sequence[CronTask] = (),
        receivers: Receivers | None = None,
        subscriptions: Sequence[Subscription] = (),
        background: Background = in_background_thread,
        store: HandlerStore | None = None,
        child_setup: ChildSetup | None = None,
    ) -> None:
        """`store` is what handlers may use, `child_setup` is for those in processes of their own."""
        self._use_cases = use_cases
        backend = self._backend = use_cases.backend
        self._options = options
        self._chance = chance
        self._logger = logger
        self._background = background
        self._latencies = latencies
        self._healths = LoopHealths()
        self._queue: TaskQueue = backend.queue if latencies is None else MeasuredQueue(backend.queue, latencies)
        self._types = registry.types(options.types) | {each.delivery_type for each in subscriptions}
        self._ranks = queue_ranks(options, subscriptions)
        self._whole_queue = next(iter(options.queues)) if registry.has_any else None
        self._request = ClaimRequest(
            worker_id=options.worker_id,
            types=self._types,
            queues=self._ranks,
            limit=0,
            lease=options.lease,
            whole_queue=self._whole_queue,
        )
        self._shown_types = self._types | {EVERY_TYPE} if registry.has_any else self._types
        self._threads = HandlerThreads(options.concurrency, self._on_thread_returned)
        self._processes = HandlerProcesses(options.concurrency, child_setup)
        self._deadlines = Deadlines()
        self._schedule_loop = self._new_schedule_loop(schedules)
        self._broadcasts = self._new_broadcast_loop(receivers)
        self._subscriptions = self._new_subscription_watch(subscriptions)
        self._store_watch = self._new_store_watch()
        self._publisher = EventPublisher(use_cases.events, backend.clock, options.worker_id)
        self._hint = asyncio.Event()
        self._lanes = Lanes(self._composed(registry, middlewares), options, metrics or WorkerMetrics())
        conclusion = Conclusion(use_cases.chain_task, chance, logger)
        self._slots = Slots(
            queue=self._queue,
            options=options,
            lanes=self._lanes,
            runner=AttemptRunner(conclusion, options.worker_id, logger, store),
            threads=self._threads,
            subscriptions=self._subscriptions,
            publisher=self._publisher,
            backoff=ErrorBackoff(chance),
            hint=self._hint,
            settler_health=self._healths.of("settler"),
            logger=logger,
        )
        self._hung = HungSlots(options.concurrency, self._threads, self._slots.held, logger)
        self._claimer = Claimer(
            queue=self._queue,
            request=self._request,
            slots=self._slots,
            on_nothing_due=self._stop_if_idle if options.is_until_idle else None,
            poll_interval=options.poll_interval,
            backoff=ErrorBackoff(chance),
            hint=self._hint,
            health=self._healths.of("claimer"),
            logger=logger,
        )
        self._unserved = UnservedWatch(backend.tasks, use_cases.find_unserved, self._request, logger)
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ready = asyncio.Event()
        self._has_ended = False
        self._given_up: StoreReplacedError | None = None

    @property
    def worker_id(self) -> str:
        return self._options.worker_id

    async def run(self) -> None:
        """Return once `stop` was called, or nothing is left with `is_until_idle`, and nothing is held any more.

        Raises StoreReplacedError once the store has not been the one that was opened for `stuck_after` seconds.
        """
        if self._broadcasts is not None:
            await self._broadcasts.begin()
        older = OlderWorkers(self._backend.registry, self._subscriptions, self._logger)
        beat = Beat(
            self._backend, self._options, self._shown_types, self._slots, self._store_watch, older, self._logger
        )
        async with self._lease_keeping(), self._backend.wakeup() as wakeup, self._duties(wakeup, beat):
            await self._until_subscriptions_are_known()
            claiming = asyncio.create_task(self._claimer.run(), name="backstage-claimer")
            self._logger.info(
                log_events.WORKER_STARTED,
                worker_id=self._options.worker_id,
                store=self._options.store,
                version=self._options.version,
                concurrency=self._options.concurrency,
                queues=sorted(self._ranks) if self._ranks else "all",
                types=sorted(self._shown_types),
            )
            self._ready.set()
            await self._stop.wait()
            await self._shut_down(claiming)
        if self._given_up is None:
            await beat.leave()
        self._has_ended = True
        self._logger.info(log_events.WORKER_STOPPED, worker_id=self._options.worker_id)
        if self._given_up is not None:
            raise self._given_up

    async def ready(self) -> None:
        """Return once the worker claims."""
        await self._ready.wait()

    def stop(self) -> None:
        """Claim no more, let running tasks end within the grace period, give the rest back.

        May be called at any time, and again.
        """
        self._stop.set()

    def _give_up(self, error: StoreReplacedError) -> None:
        self._given_up = error
        self.stop_now()

    def stop_now(self) -> None:
        """Like `stop`, without the grace period."""
        self._hurry.set()
        self._stop.set()

    async def give_back_elsewhere(self) -> None:
        """Give the store all that is held, on another loop than this worker's, which is blocked: the ends that it has
        not taken, and everything else as not run."""
        ended = {(each.task_id, each.fence): each for each in self._slots.settler.waiting()}
        held = self._slots.held.snapshot()
        outcomes = [ended.get((each.task.id, each.task.fence)) or self._slots.given_back(each) for each in held]
        async with self._backend.lease_queue() as queue:
            await queue.settle(outcomes)

    def running_types(self) -> list[str]:
        """Of the handlers that run; may be called from any thread."""
        return sorted({each.task.type for each in self._slots.held.snapshot() if each.has_begun})

    def pause(self) -> None:
        """Claim nothing on this worker until `resume`, and give back what waits for a slot; running tasks go on."""
        self._slots.pause()

    def resume(self) -> None:
        self._slots.resume()

    def acknowledge_emptied_store(self) -> None:
        """Let health be good again although the store was emptied."""
        self._store_watch.acknowledge()

    def runs(self, task: Task) -> bool:
        """Whether the task is one that this worker holds."""
        return task.id in self._slots.held

    @property
    def is_paused(self) -> bool:
        return self._slots.is_paused

    def vital_signs(self) -> VitalSigns:
        """May be called from any thread."""
        return VitalSigns(
            worker_id=self._options.worker_id,
            phase=self._phase,
            is_paused=self._slots.is_paused,
            concurrency=self._options.concurrency,
            running=self._slots.running,
            waiting=self._slots.waiting,
            unsettled=self._slots.settler.backlog,
            hung=self._hung.types(),
            all_hung_for=self._hung.all_for,
            queues=tuple(sorted(self._options.queues)),
            loops=self._healths.all(),
        )

    @property
    def _phase(self) -> Phase:
        if self._has_ended:
            return Phase.STOPPED
        if self._stop.is_set():
            return Phase.STOPPING
        return Phase.RUNNING if self._ready.is_set() else Phase.STARTING

    @property
    def is_stuck(self) -> bool:
        """Whether a handler went on after it was cancelled and its task was given back."""
        is_receiver_stuck = self._broadcasts is not None and self._broadcasts.is_stuck
        return self._slots.is_stuck or bool(self._threads.abandoned) or is_receiver_stuck

    async def _shut_down(self, claiming: asyncio.Task[None]) -> None:
        """The one order: no new claims, give back what waits, the grace period, cancel, settle all of it."""
        self._claimer.stop()
        self._slots.close()
        await asyncio.wait([claiming], timeout=self._options.lease)  # a claim under way may still bring tasks
        claiming.cancel()
        if self._given_up is not None:
            await self._slots.abandon()
            return
        await self._slots.finish(self._hurry)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.grace_period):
                await self._publisher.drained()

    @contextlib.asynccontextmanager
    async def _duties(self, wakeup: Wakeup, beat: Beat) -> AsyncIterator[None]:
        """Everything that goes on beside the claiming, from entering to leaving."""
        options = self._options
        reclaimer = Reclaimer(
            self._queue,
            self._use_cases.prune_tasks,
            options,
            self._lanes.max_deliveries,
            self._subscriptions,
            self._publisher,
            self._logger,
        )
        pauses = PauseWatch(self._backend.control, self._slots)
        replaced = ReplacedStore(self._healths.all, options.stuck_after, self._give_up, self._logger)

        async def look() -> None:
            await self._slots.give_back_stalled()
            self._hung.look()
            replaced.look()

        periodic = partial(every, chance=self._chance, logger=self._logger, healths=self._healths)
        later = partial(periodic, begin=self._claimer.has_asked)  # else they all would get in the first claim's way
        endless = partial(kept_up, backoff=ErrorBackoff(self._chance), logger=self._logger, healths=self._healths)
        duties = {
            "settler": endless("settler", self._slots.settler.run),
            "events": endless("events", self._publisher.run),
            "subscriptions": periodic(options.subscription_interval, "subscriptions", self._subscriptions.look),
            "scheduler": endless("scheduler", self._schedule_loop.run),
            "wakeup": endless("wakeup", partial(self._pass_on_hints, wakeup)),
            "reclaimer": later(options.reclaim_interval, "reclaimer", reclaimer.reclaim),
            "stalled": later(STALLED_AFTER, "stalled", look),
            "pauses": later(LOOK_EVERY, "pauses", pauses.look),
            "pruner": later(options.prune_interval, "pruner", reclaimer.prune),
            "beat": later(beat.interval, "beat", beat.beat),
            "unserved": periodic(
                LOOK_FOR_UNSERVED_EVERY, "unserved", self._unserved.look, begin=beat.has_beaten
            ),  # itself among those that are alive
        }
        if self._broadcasts is not None:
            duties["broadcasts"] = endless("broadcasts", self._broadcasts.run)
        running = [asyncio.create_task(duty, name=f"backstage-{name}") for name, duty in duties.items()]
        try:
            yield
        finally:
            for duty in running:
                duty.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self._deadlines.close()
            self._threads.close()
            if self._broadcasts is not None:
                self._broadcasts.close()
            await self._processes.close()

    def _lease_keeping(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Ends last: a worker that drains must not lose what it still runs."""
        loop = asyncio.get_running_loop()
        keeper = LeaseKeeper(
            self._slots.held,
            self._lease_queue,
            lease=self._options.lease,
            control_interval=self._options.control_interval,
            stop_run=lambda held, reason: loop.call_soon_threadsafe(self._slots.stop_run, held, reason),
            health=self._healths.of("leases"),
            logger=self._logger,
        )
        return self._background("backstage-leases", keeper.run)

    def _lease_queue(self) -> contextlib.AbstractAsyncContextManager[TaskQueue]:
        opening = self._backend.lease_queue()
        return opening if self._latencies is None else measured_lease_queue(opening, self._latencies)

    async def _pass_on_hints(self, wakeup: Wakeup) -> None:
        while True:
            await wakeup.wait(3600.0)
            self._hint.set()
            if self._broadcasts is not None:
                self._broadcasts.hint()

    def _new_broadcast_loop(self, receivers: Receivers | None) -> BroadcastLoop | None:
        """None where nobody receives: then broadcasts cost nothing."""
        if not receivers:
            return None
        return BroadcastLoop(self._backend.broadcasts, receivers, self._options.timeout, self._logger)

    def _new_schedule_loop(self, crons: Sequence[CronTask]) -> ScheduleLoop:
        put, fire = self._use_cases.put_schedule, self._use_cases.fire_schedules
        return ScheduleLoop(put, fire, crons, self._options.schedule_interval, self._logger)

    def _new_store_watch(self) -> StoreWatch:
        put_again = [self._schedule_loop.put_again, self._subscriptions.put_again]
        if self._broadcasts is not None:
            put_again.append(self._broadcasts.begin_again)
        return StoreWatch(
            put_again, self._backend.clock, self._healths.of("store", beat_interval(self._options.lease)), self._logger
        )

    def _new_subscription_watch(self, own: Sequence[Subscription]) -> SubscriptionWatch:
        backend, cancel_deliveries = self._backend, self._use_cases.cancel_deliveries
        return SubscriptionWatch(backend.subscriptions, own, cancel_deliveries, backend.clock, self._logger)

    async def _until_subscriptions_are_known(self) -> None:
        """Or until told to stop."""
        either = [asyncio.create_task(event.wait()) for event in (self._subscriptions.known, self._stop)]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for waiting in either:
            waiting.cancel()

    async def _stop_if_idle(self) -> None:
        if not self._slots.held:
            queues = frozenset(self._ranks) if self._ranks else None
            if await self._queue.is_idle(self._types, queues) and not self._slots.held:
                await self._unserved.report_at_the_end()
                self.stop()

    def _composed(self, registry: HandlerRegistry, middlewares: Sequence[Middleware]) -> dict[str, RegisteredHandler]:
        """Wrap each handler once; the timeout is innermost, so that it measures nothing but the handler."""
        layers = (*middlewares, timeout(mark_over_soft_timeout, self._deadlines))
        return {
            each: RegisteredHandler(
                registry.registration(each), compose(layers, registry.bind(each, self._threads, self._processes))
            )
            for each in (*self._types, *((EVERY_TYPE,) if registry.has_any else ()))
        }

    def _on_thread_returned(self) -> None:
        self._slots.refill()

"""The life of a worker: it begins, claims, waits to be stopped, and shuts down in one order."""

from __future__ import annotations

import asyncio
import contextlib

from backstage.domain.errors import StoreReplacedError
from backstage.domain.task import Task
from backstage.worker import log_events
from backstage.worker.runtime.claimer import Claimer
from backstage.worker.runtime.declared import Declared
from backstage.worker.runtime.duties import Duties
from backstage.worker.runtime.parts import Parts
from backstage.worker.runtime.shutdown import Shutdown
from backstage.worker.runtime.surroundings import Surroundings
from backstage.worker.watching.vital_signs import Phase, VitalSigns
from backstage.worker.worker_options import WorkerOptions


class WorkerRuntime:
    """Claims tasks and runs their handlers until told to stop. Use once: make, `run`, `stop`."""

    def __init__(self, surroundings: Surroundings, declared: Declared, options: WorkerOptions) -> None:
        self.options = options
        self._logger = surroundings.logger
        self._backend = surroundings.backend
        self._load_the_rest = surroundings.load_the_rest
        parts = self._parts = Parts(surroundings, declared, options)
        self._slots = parts.slots
        self._duties = Duties(parts, self._give_up, self.stop)
        self._shutdown = Shutdown(parts.slots, options, surroundings.logger)
        self._claimer = Claimer(
            queue=parts.queue,
            request=parts.request,
            slots=parts.slots,
            on_nothing_due=self._stop_if_idle if options.is_until_idle else None,
            poll_interval=options.poll_interval,
            backoff=parts.backoff(),
            hint=parts.hint,
            lookout=parts.lookout,
            health=parts.healths.of("claimer"),
            logger=surroundings.logger,
        )
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ready = asyncio.Event()
        self._has_ended = False
        self._given_up: StoreReplacedError | None = None

    # -- its life ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Return once `stop` was called, or nothing is left with `is_until_idle`, and nothing is held any more.

        Raises StoreReplacedError once the store has not been the one that was opened for `stuck_after` seconds.
        """
        duties = self._duties
        if duties.broadcasts is not None:
            await duties.broadcasts.begin()
        # Leases are kept to the last: a worker that drains must not lose what it still runs.
        async with (
            duties.leases_kept(),
            self._backend.wakeup(self.worker_id) as wakeup,
            duties.running(wakeup, self._claimer.has_asked),
        ):
            await self._until(self._parts.subscriptions.known)
            claiming = asyncio.create_task(self._claimer.run(), name="backstage-claimer")
            self._say_that_it_works()
            if self._load_the_rest is not None:
                await self._until(self._claimer.has_asked)
                await self._load_the_rest()
            self._ready.set()
            await self._stop.wait()
            await self._shut_down(claiming)
        if self._given_up is None:
            await self._parts.history.tell_the_last()
            await duties.beat.leave()
            await self._parts.lookout.leave()
        self._has_ended = True
        self._logger.info(log_events.WORKER_STOPPED, worker_id=self.worker_id)
        if self._given_up is not None:
            raise self._given_up

    async def ready(self) -> None:
        """Return once the worker claims, and has what it needs to do so at full speed."""
        await self._ready.wait()

    def stop(self) -> None:
        """Claim no more, let running tasks end within the grace period, give the rest back.

        May be called at any time, and again.
        """
        self._stop.set()

    def stop_now(self) -> None:
        """Like `stop`, without the grace period."""
        self._hurry.set()
        self._stop.set()

    async def _until(self, event: asyncio.Event) -> None:
        """Or until told to stop."""
        either = [asyncio.create_task(each.wait()) for each in (event, self._stop)]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for waiting in either:
            waiting.cancel()

    def _say_that_it_works(self) -> None:
        options, queues = self.options, self._parts.request.queues
        self._logger.info(
            log_events.WORKER_STARTED,
            worker_id=options.worker_id,
            store=options.store,
            version=options.version,
            concurrency=options.concurrency,
            queues=sorted(queues) if queues else "all",
            types=sorted(self._parts.types),
        )

    async def _stop_if_idle(self) -> None:
        request = self._parts.request
        queues = frozenset(request.queues) if request.queues else None
        if self._slots.held or not await self._parts.queue.is_idle(request.types, queues) or self._slots.held:
            return
        await self._parts.unserved.report_at_the_end()
        self.stop()

    def _give_up(self, error: StoreReplacedError) -> None:
        self._given_up = error
        self.stop_now()

    async def _shut_down(self, claiming: asyncio.Task[None]) -> None:
        """The one order: no new claims, give back what waits, the grace period, cancel, settle all of it."""
        self._claimer.stop()
        self._slots.close()
        await asyncio.wait([claiming], timeout=self.options.lease)  # a claim under way may still bring tasks
        claiming.cancel()
        if self._given_up is not None:
            await self._shutdown.abandon()
            return
        await self._shutdown.finish(self._hurry)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.grace_period):
                await self._parts.publisher.drained()

    async def give_back_elsewhere(self) -> None:
        """Give back all that is held, on another loop than this worker's, which is blocked."""
        await self._shutdown.give_back_elsewhere(self._backend)

    # -- steering and watching it ------------------------------------------------------------------

    @property
    def worker_id(self) -> str:
        return self.options.worker_id

    def pause(self) -> None:
        """Claim nothing on this worker until `resume`, and give back what waits for a slot; running tasks go on."""
        self._slots.pause()

    def resume(self) -> None:
        self._slots.resume()

    @property
    def is_paused(self) -> bool:
        return self._slots.claims_nothing

    def runs(self, task: Task) -> bool:
        """Whether the task is one that this worker holds."""
        return task.id in self._slots.held

    def running_types(self) -> list[str]:
        """Of the handlers that run; may be called from any thread."""
        return sorted({each.task.type for each in self._slots.held.snapshot() if each.has_begun})

    @property
    def is_stuck(self) -> bool:
        """Whether a handler went on after it was cancelled and its task was given back."""
        broadcasts = self._duties.broadcasts
        is_receiver_stuck = broadcasts is not None and broadcasts.is_stuck
        return self._slots.is_stuck or bool(self._parts.executors.threads.abandoned) or is_receiver_stuck

    def acknowledge_emptied_store(self) -> None:
        """Let health be good again although the store was emptied."""
        self._duties.store_watch.acknowledge()

    def vital_signs(self) -> VitalSigns:
        """May be called from any thread."""
        parts, slots = self._parts, self._slots
        return VitalSigns(
            worker_id=self.worker_id,
            phase=self._phase,
            is_paused=slots.claims_nothing,
            concurrency=self.options.concurrency,
            running=slots.running,
            waiting=slots.waiting,
            unsettled=slots.settler.backlog,
            hung=parts.hung.types(),
            all_hung_for=parts.hung.all_for,
            queues=tuple(sorted(self.options.queues)),
            loops=parts.healths.all(),
        )

    @property
    def _phase(self) -> Phase:
        if self._has_ended:
            return Phase.STOPPED
        if self._stop.is_set():
            return Phase.STOPPING
        return Phase.RUNNING if self._ready.is_set() else Phase.STARTING

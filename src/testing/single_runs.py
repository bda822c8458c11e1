"""What a worker does to its tasks, one at a time and without its loops: claim, run, settle, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from backstage.domain.delivery import deliveries_of
from backstage.domain.events import EVENT_NAMES
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.testing.direct_executor import DirectExecutor
from backstage.testing.failed_run import FailedRun
from backstage.worker.executing.run_outcome import RunOutcome
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.durable_listeners import DurableListeners
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.handler_store import StoreOnLoop
from backstage.worker.handling.middleware import Middleware, Run, compose
from backstage.worker.handling.run_limits import limits_of
from backstage.worker.middleware.recovery import recovery
from backstage.worker.middleware.timeout import timeout
from backstage.worker.runtime.attempt_runner import AttemptRunner
from backstage.worker.runtime.declared import queue_ranks
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.held_task import HeldTask, StopReason, mark_over_soft_timeout
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.runtime.lanes import Lane
from backstage.worker.runtime.outcome_report import OutcomeReport
from backstage.worker.runtime.run_reports import RunReports
from backstage.worker.watching.metrics import RunMetrics, WorkerMetrics
from backstage.worker.worker_options import WorkerOptions


class SingleRuns:
    """`registry` and `middlewares` may grow between two runs."""

    def __init__(
        self,
        container: Container,
        registry: HandlerRegistry,
        durable_listeners: DurableListeners,
        middlewares: Sequence[Middleware],
        options: WorkerOptions,
    ) -> None:
        self.failures: list[FailedRun] = []
        self._container = container
        self._backend = container.backend
        self._queue = container.backend.queue
        self._events = container.events
        self._registry = registry
        self._durable_listeners = durable_listeners
        self._middlewares = middlewares
        self._options = options
        run_outcome = RunOutcome(container.chain_task, container.chance, container.logger)
        self._runner = AttemptRunner(run_outcome, options.worker_id, container.logger, StoreOnLoop(container))
        self._reports = RunReports(container.backend.task_events, container.clock, container.logger)
        self._publisher = EventPublisher(container.events, container.clock, options.worker_id)
        history = HistoryRecorder(self._backend.history, WorkerMetrics(), container.clock, container.logger)
        self._report = OutcomeReport(self._publisher, history, container.logger)

    async def run_next(self) -> Task | None:
        """Run the best of the tasks that are due; return it as the run left it, None when nothing is due."""
        request = ClaimRequest(
            worker_id=self._options.worker_id,
            types=self._registry.types(),
            queues=queue_ranks(self._options, self._durable_listeners.subscriptions),
            limit=1,
            lease=self._options.lease,
        )
        claimed = await self._queue.claim(request)
        for task in claimed.tasks:
            self._publisher.started(task)
            await self._tell_listeners()
            await self._run(task)
            await self._tell_listeners()
            return await self._backend.tasks.get(task.id)
        return None

    async def _run(self, task: Task) -> None:
        loop = asyncio.get_running_loop()
        errors: list[BaseException] = []
        lane = self._lane(task, errors)
        held = HeldTask(task, lane, loop.time() + self._options.lease, self._queue, self._reports, lambda: False)
        end: asyncio.Future[Outcome | None] = loop.create_future()
        held.run = asyncio.create_task(self._attempt(held, end))
        reporting = asyncio.create_task(self._reports.run())
        try:
            await self._watch(held, held.run)
        finally:
            if not end.done():  # the test itself is being cancelled: its worker shuts down
                held.stop(StopReason.SHUTDOWN)
                await asyncio.wait((held.run,))
            await _ended(reporting)
            await self._settle(task, end.result(), errors)

    async def _attempt(self, held: HeldTask, end: asyncio.Future[Outcome | None]) -> None:
        held.has_begun = True
        outcome = await self._runner.run(held)
        if outcome is not None:
            await held.stored(outcome)
        end.set_result(outcome)

    async def _watch(self, held: HeldTask, run: asyncio.Task[None]) -> None:
        """Return when the run has ended; until then tell it what a lease keeper would, as soon as it is known."""
        async with self._backend.wakeup() as wakeup:
            while not run.done():
                hint = asyncio.create_task(wakeup.wait(3600.0))
                try:
                    await asyncio.wait((run, hint), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _ended(hint)
                if not run.done():
                    await self._pass_on(held)

    async def _pass_on(self, held: HeldTask) -> None:
        answer = await self._queue.inspect({held.task.id: held.task.fence})
        if answer.lost and held.stop_reason is not StopReason.LEASE_LOST:
            held.stop(StopReason.LEASE_LOST)
        elif answer.cancel_requested and held.stop_reason is None:
            held.stop(StopReason.CANCEL_REQUESTED)

    async def _settle(self, task: Task, outcome: Outcome | None, errors: Sequence[BaseException]) -> None:
        if outcome is None:
            return
        subscriptions = self._durable_listeners.subscriptions
        outcome = outcome.followed_by(deliveries_of(task, outcome, subscriptions, self._backend.clock.now()))
        [state] = await self._queue.settle([outcome])
        if state is None:
            return
        if outcome.failure is not None:
            self.failures.append(FailedRun(task, outcome.failure, errors[0] if errors else None))
        self._report.ended(task, outcome, state)
        self._report.all_told()

    async def _tell_listeners(self) -> None:
        if not any(map(self._events.is_heard, EVENT_NAMES)):
            return
        publishing = asyncio.create_task(self._publisher.run())
        told = asyncio.create_task(self._publisher.drained())
        try:
            await asyncio.wait((publishing, told), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _ended(publishing, told)
        if not publishing.cancelled():
            publishing.result()  # a listener raised what ends a test, such as pytest.fail

    def _lane(self, task: Task, errors: list[BaseException]) -> Lane:
        """The worker's order of middleware, in one that notes what comes out of it."""
        registration = self._registry.registration(task.lane_type)
        place = DirectExecutor(self._container, self._options.lease)

        def noting(run: Run) -> Run:
            async def noted(context: TaskContext) -> Any:
                try:
                    return await run(context)
                except BaseException as error:
                    errors.append(error)
                    raise

            return noted

        middlewares = (noting, recovery, *self._middlewares, timeout(mark_over_soft_timeout))
        run = compose(middlewares, self._registry.bind(task.lane_type, place, place))
        return Lane(run, limits_of(self._options, task.queue, registration), RunMetrics())


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

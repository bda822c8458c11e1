"""The tasks this worker holds: waiting for a slot, running in one, or ended and not settled yet."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backstage.domain.events import TaskStarted
from backstage.domain.failure import Failure
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from backstage.worker.executing.handler_threads import HandlerThreads
from backstage.worker.runtime.attempt_runner import AttemptRunner
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.held_task import HeldTask, HeldTasks, StopReason
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.runtime.lanes import Lane
from backstage.worker.runtime.outcome_report import OutcomeReport
from backstage.worker.runtime.prefetch import Prefetch
from backstage.worker.runtime.run_reports import RunReports
from backstage.worker.runtime.settler import Settler
from backstage.worker.runtime.subscription_watch import SubscriptionWatch
from backstage.worker.runtime.waiting_tasks import WaitingTasks
from backstage.worker.watching.background_loop_health import LoopHealth
from backstage.worker.watching.starvation import Starvation
from backstage.worker.worker_options import WorkerOptions


class Slots:
    """`hint` is set whenever there is room again."""

    def __init__(
        self,
        *,
        queue: TaskQueue,
        options: WorkerOptions,
        lanes: Mapping[tuple[str, str], Lane],
        runner: AttemptRunner,
        threads: HandlerThreads,
        subscriptions: SubscriptionWatch,
        publisher: EventPublisher,
        history: HistoryRecorder,
        reports: RunReports,
        backoff: ErrorBackoff,
        hint: asyncio.Event,
        settler_health: LoopHealth,
        logger: Any,
    ) -> None:
        self.held = HeldTasks()
        self.busy = asyncio.Event()
        """Set while anything is held, and until somebody clears it: what looks after runs may rest meanwhile."""
        self.settler = Settler(
            queue, self._on_settled, self._in_place_of, options.lease, backoff, settler_health, logger
        )
        self._queue = queue
        self._options = options
        self._lanes = lanes
        self._runner = runner
        self._threads = threads
        self._subscriptions = subscriptions
        self._publisher = publisher
        self._reports = reports
        self.report = OutcomeReport(publisher, history, logger)
        self._hint = hint
        self._logger = logger
        self._prefetch = Prefetch(options.prefetch, options.concurrency, _loop_time, Starvation(_loop_time))
        self._waiting = WaitingTasks(self.settler.submit)
        self.runs: set[asyncio.Task[None]] = set()
        """Of the handlers that run."""
        self._has_backlog = False
        self._few_waiting = 0
        """So many at most wait here when more are to be claimed."""
        self.is_closing = False
        self._is_paused = False
        self._is_quiet = False
        self._loop: asyncio.AbstractEventLoop | None = None
        """Kept, for to ask for it costs a system call."""
        self._variables: contextvars.Context | None = None
        """The context variables where the first run was begun. Each run has a copy, for its handler may set some."""

    @property
    def claims_nothing(self) -> bool:
        """Whether its program has paused it, or an operator has made it quiet; each takes back only its own."""
        return self._is_paused or self._is_quiet

    @property
    def is_stuck(self) -> bool:
        """Whether handlers still run that were cancelled when the worker finished."""
        return self.is_closing and bool(self.runs)

    @property
    def running(self) -> int:
        return len(self.runs)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits to run, and something could."""
        return not self.runs and not self._waiting and self.has_free_slot

    @property
    def has_free_slot(self) -> bool:
        is_full = len(self.runs) + len(self._waiting) >= self._options.concurrency
        return not (self.is_closing or self.claims_nothing or is_full)

    @property
    def waiting(self) -> int:
        """How many claimed tasks wait for a slot."""
        return len(self._waiting)

    def room(self) -> int:
        """How many tasks may be claimed now."""
        prefetch = self._prefetch.size()
        most = self._options.concurrency + prefetch
        self._has_backlog = self.settler.backlog >= 10 * self._options.concurrency + 2 * prefetch
        if self.is_closing or self.claims_nothing or self._has_backlog:
            return 0  # a store that takes no outcomes must not hand out more tasks that pile up here
        self._few_waiting = prefetch // 2
        if len(self._waiting) > self._few_waiting:
            return 0  # the slots have work for now: one larger claim later costs less than many small ones
        return most - len(self.runs) - len(self._waiting) - len(self._threads.abandoned)

    def start(self, tasks: Sequence[Task], lease_end: float) -> None:
        """Take in claimed tasks; `lease_end` is by the loop's clock, reckoned from before the claim."""
        self.busy.set()
        is_shutting_down = self._is_shutting_down  # one bound method for all of them
        for task in tasks:
            lane = self._lanes[task.queue, task.lane_type]
            lane.counts.claimed += 1
            held = HeldTask(task, lane, lease_end, self._queue, self._reports, is_shutting_down)
            self.held.add(held)
            self._waiting.append(held)
        if self.is_closing or self.claims_nothing:  # the claim was under way
            self._waiting.give_back_all()
        else:
            self._fill()

    def stop_run(self, held: HeldTask, reason: StopReason) -> None:
        """The store says that a task is lost, or to be cancelled."""
        if held.stop_reason is reason or self.held.find(held.task.id) is not held:
            return
        if not held.has_begun and held.run is None:
            self._drop_waiting(held, reason)
        elif held.run is not None and not held.run.done():
            if reason is StopReason.LEASE_LOST:
                held.lane.counts.lost += 1
                self._logger.warning(log_events.LEASE_LOST, task_id=held.task.id, type=held.task.type)
            held.stop(reason)

    def refill(self) -> None:
        """A slot is free: start what waits for one, or make room known."""
        if self._waiting and not self.is_closing:
            self._fill()
        if len(self._waiting) <= self._few_waiting:  # else the claimer would wake up in vain
            self._hint.set()

    async def give_back_stalled(self) -> None:
        """Let other workers have what waits, if not all that waited at the last call has begun since: the slots' tasks
        turned out to take long, which nobody knew when the others were claimed."""
        if self._prefetch.is_automatic:
            self._waiting.give_back_stalled()

    def pause(self) -> None:
        """Begin nothing until `resume`; what waits for a slot goes back."""
        self._is_paused = True
        self._waiting.give_back_all()

    def resume(self) -> None:
        self._is_paused = False
        self._hint.set()

    def be_quiet(self) -> None:
        """As `pause`, until `claim_again`."""
        self._is_quiet = True
        self._waiting.give_back_all()

    def claim_again(self) -> None:
        self._is_quiet = False
        self._hint.set()

    def give_back(self, is_wanted: Callable[[Task], bool]) -> None:
        """Return to the store those of the waiting tasks that are wanted back."""
        self._waiting.give_back(is_wanted)
        self._hint.set()

    def close(self) -> None:
        """Start nothing more; what waits for a slot goes back at once, and so does a run before its first step."""
        if not self.is_closing:
            self._logger.info(log_events.WORKER_STOPPING, running=len(self.runs), waiting=len(self._waiting))
        self.is_closing = True
        self._waiting.give_back_all()
        for held in self.held.snapshot():
            if held.run is not None and not held.has_begun:
                held.stop(StopReason.SHUTDOWN)

    def given_back(self, held: HeldTask) -> Outcome:
        """How the claim ends of a task that this worker gives up."""
        if not held.has_begun:
            return held.task.released(has_run=False)
        return self._runner.cut_off(held)

    def _is_shutting_down(self) -> bool:
        return self.is_closing

    def _fill(self) -> None:
        free = self._options.concurrency - len(self._threads.abandoned) - len(self.runs)
        if free <= 0 or not self._waiting:
            return
        if not self.runs:
            self._prefetch.began()
        loop = self._loop = self._loop or asyncio.get_running_loop()
        if self._variables is None:
            self._variables = contextvars.copy_context()
        for _ in range(min(free, len(self._waiting))):
            held = self._waiting.popleft()
            held.run = run = loop.create_task(self._run(held), context=self._variables.copy())
            self.runs.add(run)

    async def _run(self, held: HeldTask) -> None:
        """Nothing may keep the slot, or leave the task running with a lease that is renewed for ever."""
        held.has_begun = True
        task = held.task
        try:
            if self._publisher.is_heard(TaskStarted.name):
                self._publisher.started(task)
            outcome = await self._runner.run(held)
            if outcome is not None:
                if held.has_told:
                    await self._all_is_stored(held, outcome)
                if self._subscriptions.next_tasks_of is not None:
                    outcome = self._with_deliveries(task, outcome)
        except BaseException as error:  # a bug of ours, or a handler's trick that we did not think of
            self._logger.exception(log_events.RUN_BROKE, task_id=task.id, type=task.type)
            outcome = task.failed(Failure.of(error), self._options.retry, 0.5)
        if outcome is None:
            self.held.give_up(task.id, task.fence)
        else:
            self.settler.submit(outcome)
        assert held.run is not None
        self.runs.discard(held.run)
        held.run = None  # it has the context of the run, which has this: no cycle is left to the garbage collector
        self._prefetch.runs_ended += 1
        self.refill()
        if not self.runs:
            self._prefetch.rested()

    async def _all_is_stored(self, held: HeldTask, outcome: Outcome) -> None:
        """A timer for each task would cost those who tell nothing, so only those that have told something wait here."""
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):  # then it has ended all the same
            async with asyncio.timeout(self._options.lease):
                await held.stored(outcome)

    def _with_deliveries(self, task: Task, outcome: Outcome) -> Outcome:
        next_tasks_of = self._subscriptions.next_tasks_of
        return outcome if next_tasks_of is None else outcome.followed_by(next_tasks_of(task, outcome))

    def _drop_waiting(self, held: HeldTask, reason: StopReason) -> None:
        if held not in self._waiting:
            return  # given back already
        self._waiting.remove(held)
        if reason is StopReason.LEASE_LOST:
            held.lane.counts.lost += 1
            self.held.give_up(held.task.id, held.task.fence)
        else:
            self.settler.submit(held.task.cancelled(has_run=False))
        self._hint.set()

    def _in_place_of(self, outcome: Outcome, problem: str) -> Outcome | None:
        """The failed attempt that a run becomes whose end the store will never take."""
        held = self.held.find_run(outcome.task_id, outcome.fence)
        return None if held is None else self._with_deliveries(held.task, self._runner.refused(held, problem))

    def _on_settled(self, outcomes: Sequence[Outcome], states: Sequence[TaskState | None]) -> None:
        for outcome, state in zip(outcomes, states, strict=True):
            held = self.held.drop(outcome.task_id, outcome.fence)
            if held is None:
                continue
            if state is None:
                self._logger.warning(log_events.OUTCOME_REFUSED, task_id=outcome.task_id, outcome=outcome.kind)
                continue
            held.lane.counts.count(self.report.ended(held.task, outcome, state))
        self.report.all_told()
        if self._has_backlog or (self._options.is_until_idle and not self.held):
            self._hint.set()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()

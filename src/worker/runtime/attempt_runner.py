"""One attempt: from a claimed task to its outcome."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from msgspec.structs import replace

from backstage.app.current_task import current_task
from backstage.domain.failure import Failure
from backstage.domain.lost_worker_failures import too_many_deliveries
from backstage.domain.outcome import Outcome
from backstage.domain.task import Task
from backstage.domain.task_result import TaskResult
from backstage.worker.executing.run_outcome import RunOutcome
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.current_run import current_run
from backstage.worker.handling.handler_store import HandlerStore
from backstage.worker.handling.handler_traceback import from_the_handler_on
from backstage.worker.handling.run_limits import RunLimits
from backstage.worker.runtime.held_task import HeldTask, StopReason


class AttemptsSpent(Exception):
    """The handler allows fewer attempts than the task has made."""


class OutcomeRefused(Exception):
    """The store does not take how the task ended: its result, or what it chains, is too large or not in its form."""


class AttemptRunner:
    """Makes the task known to whatever its handler calls, and measures how long tasks waited, how long their handlers
    take and how many run."""

    def __init__(self, run_outcome: RunOutcome, worker_id: str, logger: Any, store: HandlerStore | None = None) -> None:
        """`store` is what handlers may use."""
        self._run_outcome = run_outcome
        self._worker_id = worker_id
        self._logger = logger
        self._store = store

    async def run(self, held: HeldTask) -> Outcome | None:
        """Run the handler to its end and say how it ended; None when the task is no longer ours to settle."""
        task, lane = held.task, held.lane
        limits, counts = lane.limits, lane.counts
        policy = limits.retry
        if task.deliveries > 1 and (spent := _spent(task, limits)) is not None:
            return spent
        if held.is_to_stop():
            return self._stopped(held, has_run=False)
        if task.timeout is not None or task.soft_timeout is not None:
            limits = limits.of(task)
        context = TaskContext(task, self._worker_id, self._logger, held, self._store, limits, held.run)
        current_run.set(context)
        current_task.set(task)  # each run has its own asyncio.Task, so there is nothing to reset
        counts.begin(task)
        begun = time.perf_counter()  # the time of uvloop's loop stands still until the handler first waits
        try:
            try:
                value = await lane.run(context)
            finally:
                counts.end(time.perf_counter() - begun)
                context.asyncio_task = None  # which has its context variables, and they have this: a cycle
        except asyncio.CancelledError as error:
            if held.is_to_stop():
                return self._stopped(held)
            # The handler cancelled itself, or let another asyncio.Task's cancellation through.
            return self._run_outcome.of_error(task, error, policy)
        except BaseException as error:
            return self._run_outcome.of_error(task, from_the_handler_on(error), policy)
        if held.stop_reason is StopReason.LEASE_LOST:
            return None
        if held.has_seen_shutdown and _is_unsuccessful(value):
            return self.cut_off(held)  # it wound up because it was asked to, which is no failure
        if value is None:
            return task.completed()
        outcome = self._run_outcome.of_value(task, value, policy, limits.result_limit)
        if limits.keep_result_for is None or outcome.result_json is None:
            return outcome
        return replace(outcome, keep_result_for=limits.keep_result_for)

    def refused(self, held: HeldTask, problem: str) -> Outcome:
        """What stands in for the end of a run that the store will never take."""
        return self._run_outcome.of_error(held.task, OutcomeRefused(problem), held.lane.limits.retry)

    def cut_off(self, held: HeldTask) -> Outcome:
        """The end of a run that outlasts its worker: due again, unless the task may run at most once."""
        task, limits = held.task, held.lane.limits
        if task.attempts_allowed(limits.retry) == task.deliveries_allowed(limits.max_deliveries) == 1:
            return task.gave_up(Failure("CutOff", "its worker stopped before it ended, and it may run at most once"))
        return task.released()

    def _stopped(self, held: HeldTask, *, has_run: bool = True) -> Outcome | None:
        match held.stop_reason:
            case StopReason.CANCEL_REQUESTED:
                return held.task.cancelled(has_run=has_run)
            case StopReason.SHUTDOWN:
                return self.cut_off(held) if has_run else held.task.released(has_run=False)
            case _:
                return None


def _spent(task: Task, limits: RunLimits) -> Outcome | None:
    """The end of a task that may not run again: whoever took it back may not have known of this handler's limits."""
    if task.crashes >= task.deliveries_allowed(limits.max_deliveries):
        return task.gave_up(too_many_deliveries(task.crashes, task.last_failure), has_run=False)
    if task.attempt > (allowed := task.attempts_allowed(limits.retry)):
        return task.gave_up(Failure.of(AttemptsSpent(f"all {allowed} attempts are spent")), has_run=False)
    return None


def _is_unsuccessful(value: Any) -> bool:
    try:
        return isinstance(value, TaskResult) and not value.success
    except BaseException:  # RunOutcome looks at it again, and says what is wrong
        return False

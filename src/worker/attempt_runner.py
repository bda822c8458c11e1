"""One attempt: from a claimed task to its outcome."""

from __future__ import annotations

import asyncio
from typing import Any

from backstage.domain.failure import Failure
from backstage.domain.outcome import Outcome
from backstage.domain.task import Task
from backstage.domain.task_result import TaskResult
from backstage.worker.conclusion import Conclusion
from backstage.worker.context import TaskContext
from backstage.worker.handler_registry import RegisteredHandler
from backstage.worker.handler_traceback import from_the_handler_on
from backstage.worker.held_task import HeldTask, StopReason
from backstage.worker.run_limits import LimitsOf


class AttemptsSpent(Exception):
    """Crashed workers have used up the attempts that this handler allows."""


class OutcomeRefused(Exception):
    """The store does not take how the task ended: its result, or what it chains, is too large or not in its form."""


class AttemptRunner:
    def __init__(self, limits_of: LimitsOf, conclusion: Conclusion, worker_id: str, logger: Any) -> None:
        self._limits_of = limits_of
        self._conclusion = conclusion
        self._worker_id = worker_id
        self._logger = logger

    async def run(self, held: HeldTask, handler: RegisteredHandler) -> Outcome | None:
        """Run the handler to its end and say how it ended; None when the task is no longer ours to settle."""
        task = held.task
        policy = self._limits_of(task, handler.registration).retry
        if task.attempt > (allowed := task.attempts_allowed(policy)):
            return task.gave_up(Failure.of(AttemptsSpent(f"all {allowed} attempts are spent")))
        context = TaskContext(task, self._worker_id, self._logger, held)
        try:
            if held.is_to_stop():
                raise asyncio.CancelledError
            value = await handler.run(context)
        except asyncio.CancelledError as error:
            return self._interrupted(held, error, handler)
        except BaseException as error:
            return self._conclusion.of_error(task, from_the_handler_on(error), policy)
        if held.stop_reason is StopReason.LEASE_LOST:
            return None
        if held.has_seen_shutdown and _is_unsuccessful(value):
            return task.released()  # it wound up because it was asked to, which is no failure
        return self._conclusion.of_value(task, value, policy)

    def refused(self, task: Task, handler: RegisteredHandler, problem: str) -> Outcome:
        """What stands in for the end of a run that the store will never take."""
        policy = self._limits_of(task, handler.registration).retry
        return self._conclusion.of_error(task, OutcomeRefused(problem), policy)

    def _interrupted(self, held: HeldTask, error: asyncio.CancelledError, handler: RegisteredHandler) -> Outcome | None:
        match held.stop_reason:
            case StopReason.LEASE_LOST:
                return None
            case StopReason.CANCEL_REQUESTED:
                return held.task.cancelled()
            case StopReason.SHUTDOWN:
                return held.task.released()
            case None:  # the handler cancelled itself, or let another asyncio.Task's cancellation through
                policy = self._limits_of(held.task, handler.registration).retry
                return self._conclusion.of_error(held.task, error, policy)


def _is_unsuccessful(value: Any) -> bool:
    try:
        return isinstance(value, TaskResult) and not value.success
    except BaseException:  # the conclusion looks at it again, and says what is wrong
        return False

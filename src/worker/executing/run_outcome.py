"""From what a handler returned or raised to the outcome that is settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backstage.domain.failure import Failure
from backstage.domain.handler_signals import EndAsCancelled, GiveUp, RetryLater, delay_of
from backstage.domain.limits import MAX_PAYLOAD_BYTES
from backstage.domain.next import Next
from backstage.domain.outcome import Outcome
from backstage.domain.payload import decode_payload, encode_result
from backstage.domain.ports.chance import Chance
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import UNDECODABLE_TASK, Task
from backstage.worker import log_events
from backstage.worker.executing.returned import Returned, looks_like_next
from backstage.worker.handling.payload_misfit import PayloadMisfit

Chain = Callable[[Task, Next], Task]
NEXT_REMEDY = "to chain a task, return Next(type, payload, delay=seconds): a mapping is stored as the result"


class RunOutcome:
    """Decides how a run ended; the entity makes the outcome.

    Raises nothing, whatever the handler gave: values and errors run code of their own when they are looked at, and
    what that raises fails the attempt.
    """

    def __init__(self, chain: Chain, chance: Chance, logger: Any) -> None:
        self._chain = chain
        self._chance = chance
        self._logger = logger
        self._warned: set[str] = set()

    def of_value(self, task: Task, value: Any, policy: RetryPolicy, result_limit: int = MAX_PAYLOAD_BYTES) -> Outcome:
        """A result, a Next (or several) to chain, or a TaskResult. One that cannot be stored fails the attempt, and so
        does a result of more bytes than `result_limit`."""
        if value is None:
            return task.completed()
        try:
            returned = Returned.of(value)
            if returned.error is not None:
                return self.of_error(task, returned.error, policy)
            result_json = None if returned.result is None else encode_result(returned.result, result_limit)
            nexts = tuple(self._chain(task, each) for each in returned.nexts)
            self._warn_of_a_lookalike(task, returned.result)
        except BaseException as error:
            return self.of_error(task, error, policy)
        return task.completed(result_json, nexts)

    def of_error(self, task: Task, error: BaseException, policy: RetryPolicy) -> Outcome:
        try:
            return self._of_error(task, error, policy)
        except BaseException as unusable:  # a RetryLater whose delay is none
            return self._failed(task, unusable, policy)

    def _of_error(self, task: Task, error: BaseException, policy: RetryPolicy) -> Outcome:
        kind = type(error)  # isinstance would ask the error, which may say anything
        if issubclass(kind, RetryLater):
            return task.snoozed(delay_of(error))
        if issubclass(kind, EndAsCancelled):
            return task.cancelled()
        if issubclass(kind, GiveUp):
            return task.gave_up(Failure.of(error))
        if issubclass(kind, PayloadMisfit):
            return task.gave_up(_spoilt(task) or Failure.of(PayloadMisfit.recorded(error)))  # type: ignore[arg-type]
        return self._failed(task, error, policy)

    def _failed(self, task: Task, error: BaseException, policy: RetryPolicy) -> Outcome:
        return task.failed(Failure.of(error), policy, self._chance.random())

    def _warn_of_a_lookalike(self, task: Task, result: Any) -> None:
        if task.type not in self._warned and looks_like_next(result):
            self._warned.add(task.type)
            self._logger.warning(log_events.RESULT_LOOKS_LIKE_NEXT, type=task.type, remedy=NEXT_REMEDY)


def _spoilt(task: Task) -> Failure | None:
    """Why no handler could read the payload that is stored, if none could: it was written by somebody else."""
    try:
        decode_payload(task.payload_json)
    except (ValueError, RecursionError) as error:
        return Failure(UNDECODABLE_TASK, f"payload: is not JSON: {error}")
    return None

"""From what a handler returned or raised to the outcome that is settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.failure import Failure
from backstage.domain.handler_signals import CancelTask, GiveUp, RetryLater
from backstage.domain.next import Next
from backstage.domain.outcome import Outcome
from backstage.domain.payload import encode_result
from backstage.domain.ports.chance import Chance
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_result import TaskResult

Chain = Callable[[Task, Next], Task]


class HandlerFailed(Exception):
    """A handler returned TaskResult(success=False) with a text in place of an exception."""


class Conclusion:
    """Decides how a run ended; the entity makes the outcome."""

    def __init__(self, chain: Chain, chance: Chance) -> None:
        self._chain = chain
        self._chance = chance

    def of_value(self, task: Task, value: Any, policy: RetryPolicy) -> Outcome:
        """A result, a Next (or several) to chain, or a TaskResult. One that cannot be stored fails the attempt."""
        if value is None:
            return task.completed()
        try:
            if isinstance(value, TaskResult):
                if not value.success:
                    return self.of_error(task, _as_error(value.error), policy)
                return self._completed(task, value.result, _as_sequence(value.next))
            if isinstance(value, Next):
                return self._completed(task, value.result, (value,))
            if isinstance(value, (list, tuple)) and value and all(isinstance(each, Next) for each in value):
                return self._completed(task, None, value)
            return self._completed(task, value, ())
        except InvalidTaskDataError as error:
            return self.of_error(task, error, policy)

    def of_error(self, task: Task, error: BaseException, policy: RetryPolicy) -> Outcome:
        match error:
            case RetryLater():
                return task.snoozed(error.delay)
            case CancelTask():
                return task.cancelled()
            case GiveUp():
                return task.gave_up(Failure.of(error))
            case _:
                return task.failed(Failure.of(error), policy, self._chance.random())

    def _completed(self, task: Task, result: Any, nexts: Sequence[Next]) -> Outcome:
        result_json = None if result is None else encode_result(result)
        return task.completed(result_json, tuple(self._chain(task, each) for each in nexts))


def _as_error(error: BaseException | str | None) -> BaseException:
    return error if isinstance(error, BaseException) else HandlerFailed(error or "the handler returned success=False")


def _as_sequence(nexts: Next | Sequence[Next] | None) -> Sequence[Next]:
    if nexts is None:
        return ()
    return (nexts,) if isinstance(nexts, Next) else nexts

from __future__ import annotations

from dataclasses import dataclass

from backstage.domain.failure import Failure
from backstage.domain.task import Task


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that ended in a failure, whether or not the task is tried again.

    `task` is the task as it was while it ran. `error` is what the handler raised, None when it returned a
    TaskResult that says so, or was not even called.
    """

    task: Task
    failure: Failure
    error: BaseException | None

    def __str__(self) -> str:
        return f"{self.task.type} {self.task.payload_json[:200]}, attempt {self.task.attempt}: {self.failure}"

from __future__ import annotations

from datetime import datetime
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ResultGoneError, TaskCancelledError, TaskFailedError
from backstage.domain.failure import Failure
from backstage.domain.payload import decode_payload
from backstage.domain.standing import Standing
from backstage.domain.task_state import TaskState

_UNTOLD = Failure("Unknown", "what it failed with is not stored")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnd:
    """How a task has ended. `state` is COMPLETED, FAILED or CANCELLED; `failure` is that of a failed one."""

    task_id: str
    state: TaskState
    attempt: int
    finished_at: datetime | None
    result_json: str | None = None
    failure: Failure | None = None
    result_gone_at: datetime | None = None

    @classmethod
    def of(cls, task_id: str, standing: Standing) -> TaskEnd:
        return cls(
            task_id=task_id,
            state=standing.state,
            attempt=standing.attempt,
            finished_at=standing.finished_at,
            result_json=standing.result_json,
            failure=(standing.last_failure or _UNTOLD) if standing.state is TaskState.FAILED else None,
            result_gone_at=standing.result_gone_at,
        )

    @property
    def result(self) -> Any:
        """What the handler returned, as plain JSON values. Raises TaskFailedError, TaskCancelledError and
        ResultGoneError."""
        text = self.stored_result()
        return None if text is None else decode_payload(text)

    def stored_result(self) -> str | None:
        """The JSON text of the result; None for a handler that returned None."""
        if self.failure is not None:
            raise TaskFailedError(self.task_id, self.failure)
        if self.state is TaskState.CANCELLED:
            raise TaskCancelledError(self.task_id)
        if self.result_gone_at is not None:
            raise ResultGoneError(self.task_id, self.result_gone_at)
        return self.result_json

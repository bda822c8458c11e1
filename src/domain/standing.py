from __future__ import annotations

from datetime import datetime

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.failure import Failure
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a task stands, as far as somebody who waits for it wants to know. `result_json` is that of a task that has
    completed, until it is given up at `result_gone_at`."""

    state: TaskState
    attempt: int
    finished_at: datetime | None = None
    progress: float | None = None
    progress_note: str | None = None
    result_json: str | None = None
    last_failure: Failure | None = None
    result_gone_at: datetime | None = None

    @classmethod
    def of(cls, task: Task, result_gone_at: datetime | None = None) -> Standing:
        return cls(
            state=task.state,
            attempt=task.attempt,
            finished_at=task.finished_at,
            progress=task.progress,
            progress_note=task.progress_note,
            result_json=task.result_json if task.state is TaskState.COMPLETED else None,
            last_failure=task.last_failure,
            result_gone_at=result_gone_at,
        )

    @property
    def has_ended(self) -> bool:
        return self.state in FINAL_STATES

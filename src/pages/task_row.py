"""One task as a line of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backstage.domain.shown_state import shown_state
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.pages.json_painting import first_values


@dataclass(frozen=True, slots=True)
class TaskRow:
    task: Task
    state: str
    values: str
    error: str | None
    """Of a task that has failed for good, or that waits to be tried again."""
    ran_for: float | None
    worker: str

    @classmethod
    def of(cls, task: Task, now: datetime) -> TaskRow:
        state = shown_state(task, now)
        has_error = state in ("failed", "retrying") and task.last_failure is not None
        return cls(
            task=task,
            state=state,
            values=first_values(task.payload_json),
            error=str(task.last_failure).strip().split("\n")[0][:300] if has_error else None,
            ran_for=_ran_for(task),
            worker=task.lease.worker_id if task.lease else "",
        )

    @property
    def attempts(self) -> str:
        allowed = self.task.max_attempts
        return f"{self.task.attempt} of {allowed}" if allowed else str(self.task.attempt)

    @property
    def runs_since(self) -> datetime | None:
        return self.task.started_at if self.task.state is TaskState.RUNNING else None


def _ran_for(task: Task) -> float | None:
    if task.state in FINAL_STATES and task.started_at and task.finished_at and task.attempt:
        return max(0.0, (task.finished_at - task.started_at).total_seconds())
    return None

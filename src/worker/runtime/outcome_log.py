"""One log line for each end of a run."""

from __future__ import annotations

import logging
from typing import Any

from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.worker import log_events

_LINES = {
    OutcomeKind.COMPLETED: ("info", log_events.TASK_COMPLETED),
    OutcomeKind.RETRIED: ("warning", log_events.TASK_RETRIED),
    OutcomeKind.DEAD: ("error", log_events.TASK_DEAD),
    OutcomeKind.SNOOZED: ("info", log_events.TASK_SNOOZED),
    OutcomeKind.RELEASED: ("info", log_events.TASK_RELEASED),
    OutcomeKind.CANCELLED: ("info", log_events.TASK_CANCELLED),
}
_CANCELLED, _WAS_CANCELLED = OutcomeKind.CANCELLED, TaskState.CANCELLED


class OutcomeLog:
    def __init__(self, logger: Any) -> None:
        self._write = {level: getattr(logger, level) for level in ("info", "warning", "error")}
        hears = getattr(logger, "is_enabled_for", lambda level: True)
        self._is_heard = {level: hears(getattr(logging, level.upper())) for level in self._write}

    def write(self, task: Task, outcome: Outcome, state: TaskState) -> None:
        level, event = _LINES[_CANCELLED if state is _WAS_CANCELLED else outcome.kind]
        if not self._is_heard[level]:
            return
        facts: dict[str, Any] = {
            "task_id": task.id,
            "type": task.type,
            "queue": task.queue,
            "attempt": task.attempt,
            "correlation_id": task.correlation_id,
        }
        if outcome.failure is not None:
            facts["error"] = str(outcome.failure)
        if outcome.delay is not None:
            facts["delay"] = round(outcome.delay, 3)
        self._write[level](event, **facts)

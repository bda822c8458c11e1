"""What is said of each end of a run that the store has taken: a line in the log, and an event."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from backstage.domain.ended_event import ENDED_EVENT_NAMES
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from backstage.worker.runtime.completed_lines import CompletedLines
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.history_recorder import HistoryRecorder

_LINES = {
    OutcomeKind.COMPLETED: ("info", log_events.TASK_COMPLETED),
    OutcomeKind.RETRIED: ("warning", log_events.TASK_RETRIED),
    OutcomeKind.DEAD: ("error", log_events.TASK_DEAD),
    OutcomeKind.SNOOZED: ("info", log_events.TASK_SNOOZED),
    OutcomeKind.RELEASED: ("info", log_events.TASK_RELEASED),
    OutcomeKind.CANCELLED: ("info", log_events.TASK_CANCELLED),
}
_COMPLETED = OutcomeKind.COMPLETED
_FAILED = (OutcomeKind.RETRIED, OutcomeKind.DEAD)


class OutcomeReport:
    def __init__(self, publisher: EventPublisher, history: HistoryRecorder, logger: Any) -> None:
        self._publisher, self._history = publisher, history
        self._log = {level: getattr(logger, level) for level in ("info", "warning", "error")}
        self._completed = CompletedLines.of(logger)
        hears = getattr(logger, "is_enabled_for", lambda level: True)
        self._is_heard = {level: hears(getattr(logging, level.upper())) for level in self._log}

    def ended(self, task: Task, outcome: Outcome, state: TaskState) -> OutcomeKind:
        """`task` is the claimed task, `outcome` how it ended, `state` what the store made of it. Return how the claim
        has ended."""
        kind = outcome.kind_in(state)
        if outcome.next_tasks or self._publisher.is_heard(ENDED_EVENT_NAMES[kind]):
            self._publisher.ended(task, outcome, state)
        if outcome.failure is not None and kind in _FAILED:
            self._history.failed(task, outcome.failure)
        level, event = _LINES[kind]
        if self._is_heard[level]:
            if kind is _COMPLETED and self._completed is not None:
                self._completed.add(task)
            else:
                self.all_told()
                self._write(level, event, task, outcome)
        return kind

    def all_told(self) -> None:
        """To be called once no further end is known now: writes the lines that are written together."""
        if self._completed is not None:
            self._completed.write()

    def _write(self, level: str, event: str, task: Task, outcome: Outcome) -> None:
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
        self._log[level](event, **facts)

    def undecodable(self, tasks: Sequence[Task]) -> None:
        """A claim has met tasks that cannot be decoded, and has ended them as dead letters."""
        for task in tasks:
            self._log["error"](
                log_events.TASK_UNDECODABLE,
                task_id=task.id,
                type=task.type,
                queue=task.queue,
                problem=task.last_failure and task.last_failure.message,
            )
            self._publisher.ended(task, task.buried(), TaskState.FAILED)

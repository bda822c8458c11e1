"""The lines of tasks that have completed: nearly all lines of a busy worker (decision 0707)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from backstage.domain.task import Task
from backstage.worker import log_events

WriteEntries = Callable[[str, str, Sequence[str]], None]
MOST_LANES = 1000


class CompletedLines:
    """Gathers the tasks until `write`, for to write each line by itself costs as much as half of what the worker spends
    on a task."""

    def __init__(self, write_entries: WriteEntries) -> None:
        self._write_entries = write_entries
        self._tasks: list[Task] = []
        self._lanes: dict[tuple[str, str], str] = {}
        """By type and queue: what their lines have in common."""
        self.add = self._tasks.append

    @classmethod
    def of(cls, logger: Any) -> CompletedLines | None:
        """None for a logger that takes entries one by one alone."""
        write_entries = getattr(logger, "write_entries", None)
        return None if write_entries is None else cls(write_entries)

    def write(self) -> None:
        """Write what has come since the last time."""
        if self._tasks:
            fields = list(map(self._fields, self._tasks))
            self._tasks.clear()
            self._write_entries("info", log_events.TASK_COMPLETED, fields)

    def _fields(self, task: Task) -> str:
        task_id = quoted(task.id)
        correlation_id = task_id if task.correlation_id == task.id else quoted(task.correlation_id)
        lane = self._lanes.get((task.type, task.queue)) or self._lane(task)
        attempt = task.deliveries - task.interruptions
        return f'"task_id": {task_id}, {lane}, "attempt": {attempt}, "correlation_id": {correlation_id}'

    def _lane(self, task: Task) -> str:
        if len(self._lanes) >= MOST_LANES:
            self._lanes.clear()
        lane = self._lanes[task.type, task.queue] = f'"type": {quoted(task.type)}, "queue": {quoted(task.queue)}'
        return lane

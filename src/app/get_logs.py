from __future__ import annotations

import json
from datetime import datetime

from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.run_log import LogLine, RunLog


class GetLogs:
    """Return the lines that a task's handler has logged by `context.logger`, oldest attempt first.

    Those of an attempt are kept when it failed, and always for a handler with `keep_logs=True`: the last 200 of them,
    64 KiB at most. None if the task is unknown, or has logged nothing that is kept.
    """

    def __init__(self, task_events: TaskEvents) -> None:
        self._task_events = task_events

    async def __call__(self, task_id: str) -> tuple[LogLine, ...]:
        return tuple(line for log in await self._task_events.lines(task_id) for line in _lines_of(log))


def _lines_of(log: RunLog) -> list[LogLine]:
    return [
        LogLine(at=datetime.fromisoformat(at), level=level, event=event, fields=fields, attempt=log.attempt)
        for at, level, event, fields in json.loads(log.lines_json)
    ]

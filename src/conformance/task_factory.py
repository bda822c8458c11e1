from __future__ import annotations

from datetime import timedelta
from typing import Any

from backstage.domain.ports.clock import Clock
from backstage.domain.task import Task
from backstage.testing.predictable import NumberedIds

A_TYPE = "email:send"


class TaskFactory:
    """Makes pending tasks that are due now; ids are valid UUIDv7, the same in every run, and sort as they were made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = NumberedIds()

    def __call__(self, *, delay: float = 0.0, **fields: Any) -> Task:
        """`delay` is the seconds until the task is due; `fields` are those of Task that shall differ."""
        now = self._clock.now()
        id_ = self._ids.new()
        defaults: dict[str, Any] = {
            "id": id_,
            "type": A_TYPE,
            "created_at": now,
            "scheduled_at": now + timedelta(seconds=delay),
            "correlation_id": id_,
            "workflow_id": id_,
        }
        return Task(**(defaults | fields))

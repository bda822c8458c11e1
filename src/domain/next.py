"""What a handler returns to chain a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Next:
    """Enqueue `type` in the same atomic step that completes this task.

    `delay` is seconds. `queue` and `priority` are the current task's unless given. `result` becomes the result of the
    current task. The new task carries the correlation and workflow ids on.
    """

    type: str
    payload: Any = None
    delay: float = 0.0
    queue: str | None = None
    priority: int | None = None
    max_attempts: int | None = None
    timeout: float | None = None
    result: Any = None
    max_deliveries: int | None = None

"""A worker as the others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

EVERY_TYPE = "*"
"""Among a worker's types: it serves all, those of its queues that have no handler of their own too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """`queues` empty means all, and `types` may hold EVERY_TYPE. `running` holds the ids of the tasks it runs now.
    `seen_at` is its last beat."""

    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    concurrency: int
    queues: tuple[str, ...]
    types: tuple[str, ...]
    running: tuple[str, ...] = ()
    is_stopping: bool = False

    def serves(self, queue: str, task_type: str) -> bool:
        return (not self.queues or queue in self.queues) and (task_type in self.types or EVERY_TYPE in self.types)

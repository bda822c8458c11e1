"""A worker as the others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """`queues` empty means all. `running` holds the ids of the tasks it runs now. `seen_at` is its last beat."""

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

"""What the frame around every page shows: numbers beside the names of pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from backstage.app.use_cases import UseCases
from backstage.domain.stats import TaskStats
from backstage.domain.worker_info import WorkerInfo

SEEN_WITHIN = 60.0
"""Seconds for which a worker that went silent is still shown."""


@dataclass(frozen=True, slots=True)
class Shell:
    stats: TaskStats
    workers: tuple[WorkerInfo, ...]
    failed: int
    """Those that failed for good and are still stored."""

    @property
    def alive(self) -> int:
        return sum(not worker.is_lost for worker in self.workers)

    @property
    def used(self) -> int:
        return sum(len(worker.running) for worker in self.workers)

    @property
    def slots(self) -> int:
        return sum(worker.concurrency for worker in self.workers)

    @property
    def look(self) -> str:
        """Another text whenever a page would show something else, but for what a browser counts on by itself."""
        workers = [(worker.id, worker.running, worker.state, worker.order) for worker in self.workers]
        return sha256(repr((self.stats, workers)).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def is_fresh(self) -> bool:
        """Whether the store has never had a task."""
        return self.stats.total == 0


EMPTY_SHELL = Shell(TaskStats(), (), 0)
"""Around a page that the store could not be asked for."""


async def shell_of(use_cases: UseCases) -> Shell:
    stats, workers, failed = await asyncio.gather(
        use_cases.get_task_stats(), use_cases.list_workers(SEEN_WITHIN), use_cases.count_tasks("state:failed")
    )
    return Shell(stats, tuple(worker for worker in workers if not worker.is_gone), failed.tasks)

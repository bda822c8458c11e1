"""What `backstage top` shows at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from backstage.domain.explanation import QueueExplanation
from backstage.domain.stats import OldestDue, StateCounts, TaskStats
from backstage.domain.task import Task
from backstage.domain.worker_info import WorkerInfo

_SMOOTHED = 0.3
"""The share of the newest look in a rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopFrame:
    """`rates` are the tasks that ended in each queue per second, over the last looks; empty at the first one. `problem`
    says why the store tells nothing newer."""

    now: datetime
    stats: TaskStats
    waits: Sequence[OldestDue]
    explained: Sequence[QueueExplanation]
    workers: Sequence[WorkerInfo]
    running: Sequence[Task]
    rates: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""

    def after(self, before: TopFrame) -> TopFrame:
        """This frame with its rates, by what has changed since the one before."""
        passed = (self.now - before.now).total_seconds()
        if passed <= 0:
            return replace(self, rates=before.rates)
        rates = {}
        for queue, counts in self.stats.by_queue.items():
            rate = max(0, _ended(counts) - _ended(before.stats.by_queue.get(queue, StateCounts()))) / passed
            known = before.rates.get(queue)
            rates[queue] = rate if known is None else known + _SMOOTHED * (rate - known)
        return replace(self, rates=rates)

    def longest_wait(self, queue: str) -> float | None:
        return max((each.waited for each in self.waits if each.queue == queue), default=None)


def _ended(counts: StateCounts) -> int:
    return counts.completed + counts.failed + counts.cancelled

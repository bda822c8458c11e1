"""Every queue: does it move?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from backstage.domain.explanation import QueueExplanation, Reason
from backstage.domain.stats import StateCounts
from backstage.domain.worker_info import WorkerInfo
from backstage.pages.figures import counted
from backstage.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class QueueRow:
    name: str
    counts: StateCounts
    oldest: float | None
    """Seconds for which the oldest due task has waited."""
    workers: int
    slots: int
    paused_since: datetime | None
    explanation: QueueExplanation | None

    @property
    def stands_still(self) -> bool:
        """A pause counts also where nothing waits that is due."""
        is_stuck = self.explanation is not None and not self.explanation.is_moving
        return is_stuck or (self.paused_since is not None and bool(self.counts.pending))

    @property
    def why(self) -> Reason | None:
        return self.explanation.reasons[0] if self.explanation else None

    @property
    def is_late(self) -> bool:
        return self.oldest is not None and self.oldest > 60

    @property
    def note(self) -> str:
        if not self.workers:
            return "No worker serves it"
        return f"{counted(self.workers, 'worker')}, {counted(self.slots, 'slot')}"


async def queues_page(visit: Visit) -> Response:
    rows = await queue_rows(visit)
    return visit.render(
        "queues.html", cur="Queues", title="Queues", rows=rows, still=[r for r in rows if r.stands_still]
    )


async def queue_rows(visit: Visit) -> list[QueueRow]:
    """Worst first: those that stand still, then by how long their oldest task waits."""
    due, explained = await asyncio.gather(visit.use_cases.get_oldest_due(), visit.use_cases.explain_queues())
    oldest: dict[str, float] = {}
    for each in due:
        oldest[each.queue] = max(each.waited, oldest.get(each.queue, 0.0))
    explanations = {each.queue: each for each in explained}
    rows = [
        _row(visit, name, oldest.get(name), explanations.get(name))
        for name in {*visit.shell.stats.by_queue, *visit.shell.stats.paused_queues}
    ]
    return sorted(rows, key=lambda row: (not row.stands_still, -(row.oldest or 0.0), row.name))


def _row(visit: Visit, name: str, oldest: float | None, explanation: QueueExplanation | None) -> QueueRow:
    stats = visit.shell.stats
    serving = [worker for worker in visit.shell.workers if _serves(worker, name)]
    return QueueRow(
        name=name,
        counts=stats.by_queue.get(name, StateCounts()),
        oldest=oldest,
        workers=len(serving),
        slots=sum(worker.concurrency for worker in serving),
        paused_since=stats.paused_queues.get(name),
        explanation=explanation,
    )


def _serves(worker: WorkerInfo, queue: str) -> bool:
    return not worker.is_lost and not worker.is_stopping and (not worker.queues or queue in worker.queues)

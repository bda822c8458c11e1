"""Every queue: does it move?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from backstage.domain.explanation import QueueExplanation, Reason
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.queue_control import QUEUE, Pause
from backstage.domain.search_terms import Term
from backstage.domain.stats import OldestDue, StateCounts
from backstage.domain.task_search import TaskSearch
from backstage.domain.worker_info import WorkerInfo
from backstage.pages.answer import ICONS, told
from backstage.pages.asked_search import text_of
from backstage.pages.figures import counted
from backstage.pages.run_numbers import RunNumbers, summed
from backstage.pages.task_row import TaskRow
from backstage.pages.visit import Visit

SHOWN_TASKS = 10
_LATE = 60
_SHOWN_FOR = timedelta(hours=1)
_MOST_TYPES = 3
WAITING = re.compile(r" [\d,]+ tasks? waits?[^.]*\.$")
"""The end of a reason, which the sentence above it has told already."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    name: str
    counts: StateCounts
    oldest: float | None
    """Seconds for which the oldest due task has waited."""
    oldest_to_run: float | None
    """The same of the tasks that a worker will take."""
    workers: int
    slots: int
    pause: Pause | None
    explanation: QueueExplanation | None

    @property
    def stands_still(self) -> bool:
        """A pause counts also where nothing waits that is due."""
        if self.pause is not None and self.counts.pending:
            return True
        return self.explanation is not None and not self.explanation.is_moving and not self.workers

    @property
    def stuck(self) -> Sequence[Reason]:
        """Why tasks of some types cannot run that are due, while workers serve the queue."""
        if self.explanation is None or self.stands_still:
            return ()
        return [
            reason for reason in self.explanation.reasons if reason.details.get("types") and _waited(reason) is not None
        ]

    @property
    def why(self) -> Reason | None:
        return self.explanation.reasons[0] if self.explanation else None

    @property
    def is_late(self) -> bool:
        return self.oldest is not None and self.oldest > _LATE

    @property
    def falls_behind(self) -> bool:
        return self.oldest_to_run is not None and self.oldest_to_run > _LATE and not self.stands_still

    @property
    def note(self) -> str:
        if not self.workers:
            return "No worker serves it"
        return f"{counted(self.workers, 'worker')}, {counted(self.slots, 'slot')}"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Tasks of some types that no worker takes. `sentence` goes on about the types, and `query` finds the tasks."""

    types: str
    sentence: str
    why: str
    waited: float | None
    query: str

    @classmethod
    def of(cls, row: QueueRow, reason: Reason) -> Stuck:
        types = sorted({plain_type(lane) for lane in reason.details["types"]})
        tasks = reason.details["tasks"]
        terms = [Term("state", "pending"), Term("queue", row.name), *(Term("type", each) for each in types)]
        shown = ", ".join(types[:_MOST_TYPES]) + (
            f" and {len(types) - _MOST_TYPES} more" if types[_MOST_TYPES:] else ""
        )
        return cls(
            shown,
            f"cannot run: {counted(tasks, 'task')} {'waits' if tasks == 1 else 'wait'} in {row.name}",
            WAITING.sub("", reason.sentence),
            _waited(reason),
            text_of(terms),
        )


@dataclass(frozen=True, slots=True)
class OpenQueue:
    """One queue in detail. `tasks` are the newest that wait."""

    row: QueueRow
    reasons: Sequence[tuple[str, str]]
    tasks: Sequence[TaskRow]
    workers: Sequence[WorkerInfo]
    numbers: RunNumbers
    """What ran on it in the last hour."""


async def queues_page(visit: Visit) -> Response:
    rows, history, rates = await asyncio.gather(
        queue_rows(visit),
        visit.use_cases.get_history(since=visit.now - _SHOWN_FOR, by="queue", with_histograms=False),
        visit.use_cases.get_rates(),
    )
    chosen = next((row for row in rows if row.name == visit.asked("open")), None)
    return visit.render(
        "queues.html",
        cur="Queues",
        title="Queues",
        rows=rows,
        still=[row for row in rows if row.stands_still and (row.pause or visit.shell.alive)],
        deserted=_deserted(visit, rows),
        stuck=[Stuck.of(row, reason) for row in rows for reason in row.stuck],
        ran={name: summed(points) for name, points in history.series.items()},
        numbers=RunNumbers(history.step, (), {}, {}, rates),
        opened=await _opened(visit, chosen) if chosen else None,
    )


def _deserted(visit: Visit, rows: Sequence[QueueRow]) -> int:
    """How many tasks wait for nothing but a worker, where none is alive."""
    if visit.shell.alive:
        return 0
    return sum(row.counts.pending for row in rows if row.stands_still and row.pause is None)


async def _opened(visit: Visit, row: QueueRow) -> OpenQueue:
    search = TaskSearch.parse(text_of([Term("state", "pending"), Term("queue", row.name)]), visit.now)
    page, history = await asyncio.gather(
        visit.use_cases.search_tasks(search, SHOWN_TASKS),
        visit.use_cases.get_history(queue=row.name, since=visit.now - _SHOWN_FOR),
    )
    reasons = row.explanation.reasons if row.explanation else ()
    return OpenQueue(
        row,
        [(ICONS.get(reason.kind, "pending"), told(visit, reason)) for reason in reasons],
        [TaskRow.of(task, visit.now) for task in page.tasks],
        [worker for worker in visit.shell.workers if _serves(worker, row.name)],
        RunNumbers(history.step, history.series[""], {}, {}, ()),
    )


async def queue_rows(visit: Visit) -> list[QueueRow]:
    """Worst first: those that stand still, then by how long their oldest task waits."""
    due, explained = await asyncio.gather(visit.use_cases.get_oldest_due(), visit.use_cases.explain_queues())
    explanations = {each.queue: each for each in explained}
    rows = [
        _row(visit, name, [each for each in due if each.queue == name], explanations.get(name))
        for name in {*visit.shell.stats.by_queue, *visit.shell.stats.paused_queues}
    ]
    return sorted(rows, key=lambda row: (not row.stands_still, -(row.oldest or 0.0), row.name))


def _row(visit: Visit, name: str, due: Sequence[OldestDue], explanation: QueueExplanation | None) -> QueueRow:
    stats = visit.shell.stats
    reasons = explanation.reasons if explanation else ()
    stuck = {plain_type(lane) for reason in reasons for lane in reason.details.get("types", ())}
    serving = [worker for worker in visit.shell.workers if _serves(worker, name)]
    return QueueRow(
        name=name,
        counts=stats.by_queue.get(name, StateCounts()),
        oldest=max((each.waited for each in due), default=None),
        oldest_to_run=max((each.waited for each in due if each.type not in stuck), default=None),
        workers=len(serving),
        slots=sum(worker.concurrency for worker in serving),
        pause=stats.pause_of(QUEUE, name),
        explanation=explanation,
    )


def _waited(reason: Reason) -> float | None:
    waited: float | None = reason.details.get("waited")
    return waited


def _serves(worker: WorkerInfo, queue: str) -> bool:
    return not worker.is_lost and not worker.is_stopping and (not worker.queues or queue in worker.queues)

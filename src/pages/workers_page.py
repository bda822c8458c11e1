"""Who works, on what, how well, and who has gone silent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import Response

from backstage.app.use_cases import UseCases
from backstage.domain.errors import TaskError
from backstage.domain.task import Task
from backstage.domain.worker_info import WorkerInfo, WorkerState
from backstage.domain.worker_order import WorkerOrder
from backstage.pages.task_row import TaskRow
from backstage.pages.visit import Visit

SHOWN_TASKS = 3
MOST_CARDS = 12
LONGEST_LAG = 0.1
"""Seconds: an event loop that comes later than that is kept from turning."""
FULL = 0.9
"""Of the memory that the worker may hold."""
_ICONS = {WorkerState.LOST: "lost", WorkerState.STOPPING: "paused", WorkerState.QUIET: "paused"}


@dataclass(frozen=True, slots=True)
class WorkerCard:
    worker: WorkerInfo
    tasks: tuple[TaskRow, ...]
    """Those that have run longest."""

    @property
    def state(self) -> str:
        """The name of its badge's icon and colour."""
        return _ICONS.get(self.worker.state, "running" if self.worker.running else "pending")

    @property
    def label(self) -> str:
        match self.worker.state, self.worker.order:
            case WorkerState.LOST, _:
                return "Silent"
            case WorkerState.STOPPING, _:
                return "Stopping"
            case _, WorkerOrder.STOP:
                return "Told to stop"
            case WorkerState.QUIET, _:
                return "Quiet"
            case _, WorkerOrder.QUIET:
                return "Told to be quiet"
        return "Working" if self.worker.running else "Idle"

    @property
    def why_idle(self) -> str:
        match self.worker.state:
            case WorkerState.LOST:
                return "It ran nothing when it was last heard of"
            case WorkerState.STOPPING:
                return "It finishes what runs and claims nothing new"
            case WorkerState.QUIET if self.worker.order is WorkerOrder.WORK:
                return "Its own program has paused it"
            case WorkerState.QUIET:
                return "It claims nothing until it is resumed"
        return "Nothing to do"

    @property
    def may_be_told(self) -> bool:
        """Whether it hears of an order and can still follow it."""
        goes = self.worker.is_stopping or self.worker.order is WorkerOrder.STOP
        return self.worker.takes_orders and not goes

    @property
    def is_asked_to_be_quiet(self) -> bool:
        return self.worker.order is WorkerOrder.QUIET

    @property
    def is_late(self) -> bool:
        return (self.worker.loop_lag or 0.0) > LONGEST_LAG

    @property
    def is_full(self) -> bool:
        memory, limit = self.worker.memory, self.worker.memory_limit
        return memory is not None and limit is not None and memory > FULL * limit

    @property
    def more(self) -> int:
        return len(self.worker.running) - len(self.tasks)


async def workers_page(visit: Visit) -> Response:
    workers = sorted(visit.shell.workers, key=lambda worker: (not worker.is_lost, worker.id))
    has_cards = len(workers) <= MOST_CARDS
    tasks = await asyncio.gather(*(_tasks_of(visit.use_cases, each) for each in workers)) if has_cards else []
    cards = [
        WorkerCard(worker, tuple(TaskRow.of(task, visit.now) for task in (tasks[place] if has_cards else ())))
        for place, worker in enumerate(workers)
    ]
    return visit.render(
        "workers.html",
        cur="Workers",
        title="Workers",
        cards=cards,
        has_cards=has_cards,
        used=sum(len(worker.running) for worker in workers),
        slots=sum(worker.concurrency for worker in workers),
        lost=[card for card in cards if card.worker.is_lost],
    )


async def _tasks_of(use_cases: UseCases, worker: WorkerInfo) -> list[Task]:
    """Ids sort by the time at which tasks were created, so the first are likely to have run longest."""
    found = await asyncio.gather(*(_task(use_cases, task_id) for task_id in sorted(worker.running)[:SHOWN_TASKS]))
    return [task for task in found if task is not None]


async def _task(use_cases: UseCases, task_id: str) -> Task | None:
    try:
        return await use_cases.get_task(task_id)
    except TaskError:  # it has ended and was deleted since the worker's last beat
        return None

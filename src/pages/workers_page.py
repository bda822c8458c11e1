"""Who works, on what, and who has gone silent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import Response

from backstage.app.use_cases import UseCases
from backstage.domain.errors import TaskError
from backstage.domain.task import Task
from backstage.domain.worker_info import WorkerInfo
from backstage.pages.task_row import TaskRow
from backstage.pages.visit import Visit

SHOWN_TASKS = 3
MOST_CARDS = 12


@dataclass(frozen=True, slots=True)
class WorkerCard:
    worker: WorkerInfo
    tasks: tuple[TaskRow, ...]
    """Those that have run longest."""

    @property
    def state(self) -> str:
        """The name of its badge's icon and colour."""
        if self.worker.is_lost:
            return "lost"
        return "paused" if self.worker.is_stopping else "running" if self.worker.running else "pending"

    @property
    def label(self) -> str:
        return {"lost": "Silent", "paused": "Stopping", "running": "Working", "pending": "Idle"}[self.state]

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

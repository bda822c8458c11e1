from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.schedule import Schedule

SEEN_WITHIN = 3600.0
"""Seconds since its last beat within which a worker's names count."""


@dataclass(frozen=True, slots=True)
class KnownNames:
    queues: frozenset[str]
    types: frozenset[str]


class GetKnownNames:
    """Return the queues and types of stored tasks, schedules and workers, with which misspelt names are found.

    Raises StorageUnavailableError.
    """

    def __init__(self, tasks: TaskRepository, schedules: ScheduleRepository, registry: WorkerRegistry) -> None:
        self._tasks, self._schedules, self._registry = tasks, schedules, registry

    async def __call__(self) -> KnownNames:
        counts = [count for count in await self._tasks.counts() if count.tasks]
        crons = [each.cron for each in await self._schedules.all() if isinstance(each, Schedule)]
        workers = await self._registry.workers(SEEN_WITHIN)
        queues = [count.queue for count in counts] + [cron.queue for cron in crons]
        types = [plain_type(count.type) for count in counts] + [cron.task_name for cron in crons]
        return KnownNames(
            frozenset(queues).union(*(worker.queues for worker in workers)),
            frozenset(types).union(*(worker.plain_types for worker in workers)),
        )

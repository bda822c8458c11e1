from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.explain_serving import versions_of
from backstage.domain.lane_type import plain_type
from backstage.domain.nearest import nearest
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import EVERY_TYPE, WorkerInfo

ALIVE_WITHIN = 30.0
"""Seconds since its last beat within which a worker counts as alive."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """A queue and a type that no worker which is alive serves; `hint` asks for the name that was probably meant."""

    queue: str
    type: str
    hint: str

    def __str__(self) -> str:
        return f"no worker that is alive serves tasks of type {self.type} on queue {self.queue}{self.hint}"


class FindUnserved:
    """Return the tasks that no live worker serves; none while no worker is alive.

    Raises StorageUnavailableError.
    """

    def __init__(self, tasks: TaskRepository, registry: WorkerRegistry) -> None:
        self._tasks, self._registry = tasks, registry

    async def __call__(self, lanes: Iterable[tuple[str, str]] | None = None) -> list[Unserved]:
        """Of the lanes (queue, type) given, or else of all that have pending tasks."""
        workers = [
            worker
            for worker in await self._registry.workers(ALIVE_WITHIN)
            if not (worker.is_stopping or worker.is_lost)
        ]
        if not workers:
            return []
        asked = await self._pending() if lanes is None else sorted(set(lanes))
        return [_unserved(lane, workers) for lane in asked if not any(each.serves(*lane) for each in workers)]

    async def _pending(self) -> list[tuple[str, str]]:
        counts = await self._tasks.counts()
        return sorted((each.queue, each.type) for each in counts if each.state is TaskState.PENDING and each.tasks)


def _unserved(lane: tuple[str, str], workers: Iterable[WorkerInfo]) -> Unserved:
    queue, type_ = lane
    types = {name for worker in workers for name in worker.types if name != EVERY_TYPE}
    queues = {name for worker in workers for name in worker.queues}
    if type_ in types:
        return Unserved(queue, type_, nearest(queue, queues))
    versions = ", ".join(map(str, versions_of(plain_type(type_), types)))
    return Unserved(
        queue, type_, f": those that know the type have version {versions}" if versions else nearest(type_, types)
    )

from __future__ import annotations

from backstage.domain.limits import check_seconds
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.worker_info import WorkerInfo


class ListWorkers:
    """Return the workers that were alive in the last `seen_within` seconds, by id.

    Raises InvalidTaskDataError for a duration that is none.
    """

    def __init__(self, registry: WorkerRegistry) -> None:
        self._registry = registry

    async def __call__(self, seen_within: float = 60.0) -> list[WorkerInfo]:
        return await self._registry.workers(check_seconds("seen_within", seen_within))

from __future__ import annotations

from backstage.app.steered_worker import give_order
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerOrder


class StopWorker:
    """Let a worker stop as SIGTERM would: it claims no more, and gives running tasks the grace period.

    It is told with its next beat, within five seconds. Whatever keeps its process running may start another.
    `worker_id` is its id, or the beginning or the end of it. Returns the worker as it was. Raises WorkerNotFoundError
    and InvalidTaskDataError.
    """

    def __init__(self, registry: WorkerRegistry) -> None:
        self._registry = registry

    async def __call__(self, worker_id: str) -> WorkerInfo:
        return await give_order(self._registry, worker_id, WorkerOrder.STOP)

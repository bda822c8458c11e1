from __future__ import annotations

from backstage.app.steered_worker import give_order
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerOrder


class ResumeWorker:
    """Let a quiet worker claim again. One that its own program has paused stays so.

    `worker_id` is its id, or the beginning or the end of it. Returns the worker as it was. Raises WorkerNotFoundError
    and InvalidTaskDataError.
    """

    def __init__(self, registry: WorkerRegistry) -> None:
        self._registry = registry

    async def __call__(self, worker_id: str) -> WorkerInfo:
        return await give_order(self._registry, worker_id, WorkerOrder.WORK)

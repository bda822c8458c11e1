from __future__ import annotations

import asyncio

from backstage.app.steered_worker import steered_worker
from backstage.domain.errors import WorkerNotFoundError
from backstage.domain.limits import check_seconds
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.worker_order import WorkerStacks

_LOOK_EVERY = 0.25


class GetWorkerStacks:
    """Ask a worker where its threads and asyncio tasks stand: lines of code, without any values.

    The worker is asked with its next beat, within five seconds. Returns None if it has not answered within `timeout`
    seconds: its event loop may be blocked. `worker_id` is its id, or the beginning or the end of it. Raises
    WorkerNotFoundError and InvalidTaskDataError.
    """

    def __init__(self, registry: WorkerRegistry, ids: Ids) -> None:
        self._registry, self._ids = registry, ids

    async def __call__(self, worker_id: str, timeout: float = 15.0) -> WorkerStacks | None:
        timeout = check_seconds("timeout", timeout)
        worker = await steered_worker(self._registry, worker_id)
        request = await self._registry.request_stacks(worker.id, self._ids.new())
        if request is None:
            raise WorkerNotFoundError(worker.id)
        try:
            async with asyncio.timeout(timeout):
                return await self._answer(worker.id, request)
        except TimeoutError:
            return None

    async def _answer(self, worker_id: str, request: str) -> WorkerStacks:
        while True:
            stacks = await self._registry.stacks(worker_id)
            if stacks is not None and stacks.request == request:
                return stacks
            await asyncio.sleep(_LOOK_EVERY)

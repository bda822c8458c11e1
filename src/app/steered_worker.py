"""The worker that somebody means to steer."""

from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError, WorkerNotFoundError
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerOrder

_A_DAY = 86_400.0
_FEWEST_CHARACTERS = 4


async def steered_worker(registry: WorkerRegistry, worker_id: str) -> WorkerInfo:
    """Return the worker whose id is that, or begins or ends so, where only one does.

    Raises WorkerNotFoundError, and InvalidTaskDataError for several, and for one that takes no orders.
    """
    workers = await registry.workers(_A_DAY)
    found = [each for each in workers if each.id == worker_id] or _by_part(workers, worker_id)
    if not found:
        raise WorkerNotFoundError(worker_id)
    if len(found) > 1:
        several = ", ".join(each.id for each in found)
        raise InvalidTaskDataError.of("worker_id", f"is part of several: give more characters of one of {several}")
    [worker] = found
    if not worker.takes_orders:
        problem = f"{worker.id} is of an earlier release, which takes no orders: signal its process, "
        raise InvalidTaskDataError.of("worker_id", f"{problem}{worker.pid} on {worker.host}")
    return worker


async def give_order(registry: WorkerRegistry, worker_id: str, order: WorkerOrder) -> WorkerInfo:
    """Return the worker as it was when it was asked. Raises what `steered_worker` raises."""
    worker = await steered_worker(registry, worker_id)
    if not await registry.give_order(worker.id, order):
        raise WorkerNotFoundError(worker.id)
    return worker


def _by_part(workers: list[WorkerInfo], part: str) -> list[WorkerInfo]:
    if len(part) < _FEWEST_CHARACTERS:
        return []
    return [each for each in workers if each.id.startswith(part) or each.id.endswith(part)]

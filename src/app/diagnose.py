from __future__ import annotations

from collections.abc import Sequence

from backstage.app.find_unserved import FindUnserved, Unserved
from backstage.app.list_workers import ListWorkers
from backstage.domain.errors import StoreNotReadyError
from backstage.domain.finding import Finding, Severity
from backstage.domain.ports.backend import Backend
from backstage.domain.worker_info import WorkerInfo

_MOST_SHOWN = 10


class Diagnose:
    """Examine the store and the workers that serve it, and recommend what to change: one finding for each thing.

    It may read the whole store, so it can take seconds. Raises StorageUnavailableError and ConfigurationError.
    """

    def __init__(self, backend: Backend, list_workers: ListWorkers, find_unserved: FindUnserved) -> None:
        self._backend, self._list_workers, self._find_unserved = backend, list_workers, find_unserved

    async def __call__(self) -> list[Finding]:
        return [*await self._backend.diagnose(), *await self._workers()]

    async def _workers(self) -> list[Finding]:
        """Nothing where the store is not ready: that has been said."""
        try:
            workers = await self._list_workers()
            has_listeners = bool(await self._backend.subscriptions.all())
            unserved = await self._find_unserved()
        except StoreNotReadyError:
            return []
        return [_lost(workers, has_listeners), _served(unserved)]


def _lost(workers: Sequence[WorkerInfo], has_listeners: bool) -> Finding:
    name = "workers"
    lost = [worker.id for worker in workers if worker.is_lost]
    older = [worker.id for worker in workers if not worker.tells_listeners]
    if has_listeners and older:
        detail = f"failures on older workers do not reach durable listeners: {', '.join(older)}"
        return Finding(name, Severity.WARNING, detail, "upgrade these workers")
    if lost:
        detail = f"{len(workers)}; these have stopped reporting: {', '.join(lost)}"
        return Finding(name, Severity.WARNING, detail, "check their hosts; their tasks will be reclaimed")
    quiet = ", ".join(worker.id for worker in workers if worker.is_quiet)
    detail = f"{len(workers)} were alive in the last minute"
    return Finding(name, Severity.OK, f"{detail}; quiet, claiming nothing: {quiet}" if quiet else detail)


def _served(unserved: Sequence[Unserved]) -> Finding:
    if not unserved:
        return Finding("served", Severity.OK, "live workers serve the queue and type of every waiting task")
    more = f"; and {len(unserved) - _MOST_SHOWN:,} more" if len(unserved) > _MOST_SHOWN else ""
    detail = "; ".join(map(str, unserved[:_MOST_SHOWN])) + more
    return Finding("served", Severity.WARNING, detail, "start a worker that serves them, or cancel the tasks")

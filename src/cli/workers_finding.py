"""What `backstage doctor` says of the workers that serve the store."""

from __future__ import annotations

from collections.abc import Sequence

from backstage.app.find_unserved import Unserved
from backstage.cli.store import opened_store
from backstage.cli.unserved import MOST_SHOWN
from backstage.domain.errors import TaskError
from backstage.domain.finding import Finding, Severity
from backstage.domain.opening import Opening
from backstage.domain.worker_info import WorkerInfo

_NAME = "workers"


async def workers_findings(url: str | None) -> list[Finding]:
    """Nothing where the store cannot be read: that has been said."""
    try:
        async with opened_store(url, Opening.READ) as store:
            workers = await store.list_workers()
            has_listeners = bool(await store.backend.subscriptions.all())
            unserved = await store.find_unserved()
    except TaskError:
        return []
    return [_lost(workers, has_listeners), _served(unserved)]


def _lost(workers: Sequence[WorkerInfo], has_listeners: bool) -> Finding:
    lost = [worker.id for worker in workers if worker.is_lost]
    older = [worker.id for worker in workers if not worker.tells_listeners]
    if has_listeners and older:
        detail = f"failures on older workers do not reach durable listeners: {', '.join(older)}"
        return Finding(_NAME, Severity.WARNING, detail, "upgrade these workers")
    if lost:
        detail = f"{len(workers)}; these have stopped reporting: {', '.join(lost)}"
        return Finding(_NAME, Severity.WARNING, detail, "check their hosts; their tasks will be reclaimed")
    return Finding(_NAME, Severity.OK, f"{len(workers)} were alive in the last minute")


def _served(unserved: Sequence[Unserved]) -> Finding:
    if not unserved:
        return Finding("served", Severity.OK, "live workers serve the queue and type of every waiting task")
    more = f"; and {len(unserved) - MOST_SHOWN:,} more" if len(unserved) > MOST_SHOWN else ""
    detail = "; ".join(map(str, unserved[:MOST_SHOWN])) + more
    return Finding("served", Severity.WARNING, detail, "start a worker that serves them, or cancel the tasks")

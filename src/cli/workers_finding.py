"""What `backstage doctor` says of the workers that serve the store."""

from __future__ import annotations

from backstage.cli.store import opened_store
from backstage.domain.errors import TaskError
from backstage.domain.finding import Finding, Severity
from backstage.domain.opening import Opening

_NAME = "workers"


async def workers_findings(url: str | None) -> list[Finding]:
    """Nothing where the store cannot be read: that has been said."""
    try:
        async with opened_store(url, Opening.READ) as store:
            workers = await store.registry.workers(60.0)
            has_listeners = bool(await store.subscriptions.all())
    except TaskError:
        return []
    lost = [worker.id for worker in workers if worker.is_lost]
    older = [worker.id for worker in workers if not worker.tells_listeners]
    if has_listeners and older:
        detail = f"failures that end on older workers do not reach durable listeners: {', '.join(older)}"
        return [Finding(_NAME, Severity.WARNING, detail, "upgrade them, or listen again once all are upgraded")]
    if lost:
        detail = f"{len(workers)}, of which some miss their beats: {', '.join(lost)}"
        return [Finding(_NAME, Severity.WARNING, detail, "see whether their hosts live; their tasks are taken back")]
    return [Finding(_NAME, Severity.OK, f"{len(workers)} gave a sign of life in the last minute")]

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from backstage import Finding, Severity
from backstage.ports import Clock, Opening
from examples.journal.access import JournalAuditLog, JournalTokens
from examples.journal.archive import JournalArchive
from examples.journal.bulk import JournalBulkOperations
from examples.journal.facts import JournalFacts
from examples.journal.fleet import (
    JournalBroadcasts,
    JournalControl,
    JournalRegistry,
    JournalSubscriptions,
    JournalTypeDefinitions,
)
from examples.journal.queue import JournalQueue
from examples.journal.run_history import JournalRunHistory
from examples.journal.schedules import JournalSchedules
from examples.journal.store import Store
from examples.journal.task_events import JournalTaskEvents
from examples.journal.tasks import JournalTasks
from examples.journal.wakeup import JournalWakeup, subscribed


class JournalBackend:
    """A store of one process in a file of JSON lines: what a call changed is one line, on the disk when it returns."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._store = Store(path, clock)
        self.clock = clock
        self.tasks = JournalTasks(self._store)
        self.queue = JournalQueue(self._store)
        self.control = JournalControl(self._store)
        self.registry = JournalRegistry(self._store)
        self.schedules = JournalSchedules(self._store)
        self.subscriptions = JournalSubscriptions(self._store)
        self.broadcasts = JournalBroadcasts(self._store)
        self.facts = JournalFacts(self._store, self.control, self.registry)
        self.audit_log = JournalAuditLog(self._store)
        self.bulk_operations = JournalBulkOperations(self._store)
        self.tokens = JournalTokens(self._store)
        self.archive = JournalArchive(self._store)
        self.task_events = JournalTaskEvents(self._store)
        self.history = JournalRunHistory(self._store)
        self.type_definitions = JournalTypeDefinitions()

    async def open(self, opening: Opening = Opening.WORK) -> None:
        self._store.open()  # there is no schema: whoever opens it may

    async def close(self) -> None:
        self._store.close()

    async def diagnose(self) -> list[Finding]:
        return [Finding("store", Severity.OK, "a file of JSON lines, written through to the disk")]

    def wakeup(self, name: str | None = None) -> AbstractAsyncContextManager[JournalWakeup]:
        return subscribed(self._store, name)

    @asynccontextmanager
    async def lease_queue(self) -> AsyncIterator[JournalQueue]:
        yield self.queue  # it has no connection that a handler could block

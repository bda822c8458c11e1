from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from backstage.domain.finding import Finding, Severity
from backstage.domain.opening import Opening
from backstage.domain.ports.clock import Clock
from backstage.infra.memory.archive import MemoryArchive
from backstage.infra.memory.audit_log import MemoryAuditLog
from backstage.infra.memory.broadcasts import MemoryBroadcasts
from backstage.infra.memory.bulk_operations import MemoryBulkOperations
from backstage.infra.memory.control import MemoryControl
from backstage.infra.memory.facts import MemoryFacts
from backstage.infra.memory.queue import MemoryQueue
from backstage.infra.memory.registry import MemoryRegistry
from backstage.infra.memory.run_history import MemoryRunHistory
from backstage.infra.memory.schedules import MemorySchedules
from backstage.infra.memory.store import MemoryStore
from backstage.infra.memory.subscriptions import MemorySubscriptions
from backstage.infra.memory.task_events import MemoryTaskEvents
from backstage.infra.memory.tasks import MemoryTasks
from backstage.infra.memory.tokens import MemoryTokens
from backstage.infra.memory.type_definitions import MemoryTypeDefinitions
from backstage.infra.memory.wakeup import MemoryWakeup, subscribe


class MemoryBackend:
    """A store that lives as long as this object: for tests, simulation and trying things out."""

    def __init__(self, clock: Clock) -> None:
        self._store = MemoryStore(clock)
        self.clock = clock
        self.tasks = MemoryTasks(self._store)
        self.queue = MemoryQueue(self._store)
        self.control = MemoryControl(self._store)
        self.registry = MemoryRegistry(self._store)
        self.schedules = MemorySchedules(self._store)
        self.subscriptions = MemorySubscriptions(self._store)
        self.broadcasts = MemoryBroadcasts(self._store)
        self.facts = MemoryFacts(self._store, self.control, self.registry)
        self.audit_log = MemoryAuditLog(self._store)
        self.tokens = MemoryTokens(self._store)
        self.bulk_operations = MemoryBulkOperations(self._store)
        self.archive = MemoryArchive(self._store)
        self.history = MemoryRunHistory(self._store)
        self.task_events = MemoryTaskEvents(self._store)
        self.type_definitions = MemoryTypeDefinitions(self._store)

    async def open(self, opening: Opening = Opening.WORK) -> None:
        """Nothing to connect."""

    async def diagnose(self) -> list[Finding]:
        detail = "the memory of this process: the tasks are gone when it ends"
        return [Finding("store", Severity.OK, detail)]

    async def close(self) -> None:
        """Nothing to free."""

    def wakeup(self, name: str | None = None) -> AbstractAsyncContextManager[MemoryWakeup]:
        return subscribe(self._store, name)

    @contextlib.asynccontextmanager
    async def lease_queue(self) -> AsyncIterator[MemoryQueue]:
        yield self.queue

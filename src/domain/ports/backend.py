from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from backstage.domain.finding import Finding
from backstage.domain.opening import Opening
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.broadcasts import Broadcasts
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.facts import Facts
from backstage.domain.ports.queue_control import QueueControl
from backstage.domain.ports.run_history import RunHistory
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.ports.task_archive import TaskArchive
from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.tokens import Tokens
from backstage.domain.ports.type_definitions import TypeDefinitions
from backstage.domain.ports.wakeup import Wakeup
from backstage.domain.ports.worker_registry import WorkerRegistry


class Backend(Protocol):
    """One store with all its ports. Made cheaply and without I/O; `open` connects, `close` frees everything."""

    @property
    def clock(self) -> Clock:
        """The store's clock, as well as this process can tell it."""
        ...

    @property
    def tasks(self) -> TaskRepository: ...

    @property
    def queue(self) -> TaskQueue: ...

    @property
    def control(self) -> QueueControl: ...

    @property
    def registry(self) -> WorkerRegistry: ...

    @property
    def schedules(self) -> ScheduleRepository: ...

    @property
    def subscriptions(self) -> Subscriptions: ...

    @property
    def broadcasts(self) -> Broadcasts: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def audit_log(self) -> AuditLog: ...

    @property
    def tokens(self) -> Tokens: ...

    @property
    def bulk_operations(self) -> BulkOperations: ...

    @property
    def history(self) -> RunHistory: ...

    @property
    def archive(self) -> TaskArchive: ...

    @property
    def task_events(self) -> TaskEvents: ...

    @property
    def type_definitions(self) -> TypeDefinitions: ...

    async def open(self, opening: Opening = Opening.WORK) -> None:
        """Connect, and make of the store what `opening` allows.

        May be called again: a store that is open stays so, and with WORK what it lacks is made.
        Raises ConfigurationError, StorageUnavailableError or StoreNotReadyError, in one clear line.
        """
        ...

    async def diagnose(self) -> list[Finding]:
        """Examine the store and what it stands on; works without `open`, and changes nothing.

        It may read all of it. Raises ConfigurationError or StorageUnavailableError.
        """
        ...

    async def close(self) -> None:
        """Free everything; safe to call twice, and after a failed open."""
        ...

    def wakeup(self, name: str | None = None) -> AbstractAsyncContextManager[Wakeup]:
        """A subscription for the running event loop, from entering to leaving; with a name of its own it is called."""
        ...

    def lease_queue(self) -> AbstractAsyncContextManager[TaskQueue]:
        """A queue for renewing leases from another thread's event loop, sharing no connection that a handler
        could block."""
        ...

from __future__ import annotations

from typing import Protocol

from backstage.domain.audit_entry import AuditEntry, AuditPage, AuditQuery


class AuditLog(Protocol):
    """What people and programs did, for as long as it is kept. Errors are those of TaskRepository."""

    async def add(self, entry: AuditEntry) -> None:
        """Store the entry, and forget those that were older than AUDIT_KEPT_FOR when it was written.

        An entry of the same id is replaced: it tells what became of the action, to how many tasks.
        """
        ...

    async def find(self, query: AuditQuery) -> AuditPage:
        """Newest first. A store may look at some thousands of entries and give a page that is not full."""
        ...

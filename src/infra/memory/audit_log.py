from __future__ import annotations

from bisect import bisect_left

from backstage.domain.audit_entry import AUDIT_KEPT_FOR, AuditEntry, AuditPage, AuditQuery, first_audit_id
from backstage.infra.memory.store import MemoryStore


class MemoryAuditLog:
    """The audit log over a list, in the order of the ids."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def add(self, entry: AuditEntry) -> None:
        with self._store.lock:
            log = self._store.audit
            place = bisect_left(log, entry.id, key=_id)
            has_it = place < len(log) and log[place].id == entry.id
            log[place : place + has_it] = [entry]
            del log[: bisect_left(log, first_audit_id(entry.at - AUDIT_KEPT_FOR), key=_id)]

    async def find(self, query: AuditQuery) -> AuditPage:
        with self._store.lock:
            log = self._store.audit
            end = len(log) if query.after is None else bisect_left(log, query.after, key=_id)
            return query.page_of(log[max(0, end - query.looks_at) : end][::-1])


def _id(entry: AuditEntry) -> str:
    return entry.id

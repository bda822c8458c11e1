from __future__ import annotations

from backstage.domain.audit_entry import AuditPage, AuditQuery
from backstage.domain.ports.audit_log import AuditLog


class ListAudit:
    """Return one page of what was done, newest first; without a query, the newest of all."""

    def __init__(self, audit_log: AuditLog) -> None:
        self._audit_log = audit_log

    async def __call__(self, query: AuditQuery | None = None) -> AuditPage:
        return await self._audit_log.find(query or AuditQuery())

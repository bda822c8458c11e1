from __future__ import annotations

from backstage.domain.audit_document import audit_document_of, audit_entry_of
from backstage.domain.audit_entry import AUDIT_KEPT_FOR, AuditEntry, AuditPage, AuditQuery, first_audit_id
from backstage.infra.redis.client import Client

_FORGOTTEN_AT_ONCE = 100
"""More than are added, so that the set does not grow for ever."""


class RedisAuditLog:
    """The audit log over one sorted set, in the order of its members: each is an id, a space and the document."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def add(self, entry: AuditEntry) -> None:
        oldest = first_audit_id(entry.at - AUDIT_KEPT_FOR)
        argument = [entry.id, audit_document_of(entry), oldest, _FORGOTTEN_AT_ONCE]
        await self._client.run("add_audit_entry", self._client.keys.store, argument)

    async def find(self, query: AuditQuery) -> AuditPage:
        start = "+" if query.after is None else f"({query.after}"
        found = await self._client.command(
            "ZRANGE", self._client.keys.audit, start, "-", "BYLEX", "REV", "LIMIT", 0, query.looks_at
        )
        return query.page_of([audit_entry_of(member.decode().partition(" ")[2]) for member in found])

from __future__ import annotations

from backstage.domain.audit_document import audit_details_from, audit_details_of
from backstage.domain.audit_entry import AUDIT_KEPT_FOR, LAST, AuditEntry, AuditPage, AuditQuery, first_audit_id
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.store import Store

_ADD = """WITH forgotten AS (DELETE FROM backstage_audit WHERE id < $8)
          INSERT INTO backstage_audit (id, at, who, action, target, tasks, details)
          VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE
          SET target = excluded.target, tasks = excluded.tasks, details = excluded.details"""
_FIND = """SELECT id, at, who, action, target, tasks, details FROM backstage_audit
            WHERE id < $1 ORDER BY id DESC LIMIT $2"""


class PostgresAuditLog:
    """The audit log over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, entry: AuditEntry) -> None:
        async def step(session: Session) -> None:
            await session.fetch(
                _ADD,
                entry.id,
                to_micros(entry.at),
                entry.who,
                entry.action,
                entry.target,
                entry.tasks,
                audit_details_of(entry),
                first_audit_id(entry.at - AUDIT_KEPT_FOR),
            )

        await self._store.database.run(step)

    async def find(self, query: AuditQuery) -> AuditPage:
        async def step(session: Session) -> list[AuditEntry]:
            after = LAST if query.after is None else query.after
            return [_entry(*row) for row in await session.fetch(_FIND, after, query.looks_at)]

        return query.page_of(await self._store.database.run(step))


def _entry(id: str, at: int, who: str, action: str, target: str, tasks: int, details: str) -> AuditEntry:
    return AuditEntry(
        id=id,
        at=from_micros(at),
        who=who,
        action=action,
        target=target,
        tasks=tasks,
        **audit_details_from(details),
    )

from __future__ import annotations

import sqlite3

from backstage.domain.audit_document import audit_details_from, audit_details_of
from backstage.domain.audit_entry import AUDIT_KEPT_FOR, LAST, AuditEntry, AuditPage, AuditQuery, first_audit_id
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer

_ADD = """INSERT INTO backstage_audit (id, at, who, action, target, tasks, details) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE
          SET target = excluded.target, tasks = excluded.tasks, details = excluded.details"""
_FIND = """SELECT id, at, who, action, target, tasks, details FROM backstage_audit
            WHERE id < ? ORDER BY id DESC LIMIT ?"""
_FORGET = "DELETE FROM backstage_audit WHERE id < ?"


class SqliteAuditLog:
    """The audit log over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def add(self, entry: AuditEntry) -> None:
        details = audit_details_of(entry)
        values = entry.id, to_micros(entry.at), entry.who, entry.action, entry.target, entry.tasks, details

        def step(transaction: Transaction) -> None:
            transaction.cursor.execute(_ADD, values)
            transaction.cursor.execute(_FORGET, (first_audit_id(entry.at - AUDIT_KEPT_FOR),))

        await self._writer.run(step)

    async def find(self, query: AuditQuery) -> AuditPage:
        return await self._reader.run(lambda connection: _find(connection, query))


def _find(connection: sqlite3.Connection, query: AuditQuery) -> AuditPage:
    after = LAST if query.after is None else query.after
    return query.page_of([_entry(*row) for row in connection.execute(_FIND, (after, query.looks_at))])


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

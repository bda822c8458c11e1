from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backstage.domain.audit_entry import AuditEntry, AuditOutcome, new_audit_id
from backstage.domain.limits import storable
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.clock import Clock

_LONGEST = 512
"""Characters of a name in the log."""


class RecordAudit:
    """Write into the audit log who did what, and to how many tasks; return the entry."""

    def __init__(self, audit_log: AuditLog, clock: Clock) -> None:
        self._audit_log, self._clock = audit_log, clock

    async def __call__(
        self,
        who: str,
        action: str,
        target: str = "",
        tasks: int = 0,
        details: Mapping[str, Any] | None = None,
        *,
        outcome: AuditOutcome = AuditOutcome.DONE,
        begun: AuditEntry | None = None,
    ) -> AuditEntry:
        """`details` are JSON values; `begun` is the entry that told of the action before it was done."""
        now = self._clock.now() if begun is None else begun.at
        entry = AuditEntry(
            id=new_audit_id(now) if begun is None else begun.id,
            at=now,
            who=storable(who, _LONGEST),
            action=action,
            target=storable(target, _LONGEST),
            tasks=tasks,
            details=details or {},
            outcome=outcome,
        )
        await self._audit_log.add(entry)
        return entry

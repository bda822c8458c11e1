"""An audit entry as JSON text, for stores that keep documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backstage.domain.audit_entry import AuditEntry


def audit_document_of(entry: AuditEntry) -> str:
    return json.dumps(
        {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "who": entry.who,
            "action": entry.action,
            "target": entry.target,
            "tasks": entry.tasks,
            "details": entry.details,
        }
    )


def audit_entry_of(document: str) -> AuditEntry:
    """Return the entry that `audit_document_of` gave this text for."""
    fields = json.loads(document)
    return AuditEntry(**{**fields, "at": datetime.fromisoformat(fields["at"])})


def audit_details_of(text: str) -> Mapping[str, Any]:
    """Return the details that were stored; under `unreadable`, what somebody else wrote there."""
    try:
        details = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return details if isinstance(details, dict) else {"unreadable": text}

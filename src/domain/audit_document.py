"""An audit entry as JSON text, for stores that keep documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backstage.domain.audit_entry import AuditEntry, AuditOutcome

_OUTCOME = "outcome"


def audit_document_of(entry: AuditEntry) -> str:
    return json.dumps(
        {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "who": entry.who,
            "action": entry.action,
            "target": entry.target,
            "tasks": entry.tasks,
            "details": _kept_details(entry),
        }
    )


def audit_entry_of(document: str) -> AuditEntry:
    """Return the entry that `audit_document_of` gave this text for."""
    fields = json.loads(document)
    return AuditEntry(**{**fields, "at": datetime.fromisoformat(fields["at"]), **_read_details(fields["details"])})


def audit_details_of(entry: AuditEntry) -> str:
    """The details as a store with columns keeps them, with what became of the action unless it was done."""
    return json.dumps(_kept_details(entry))


def audit_details_from(text: str) -> Mapping[str, Any]:
    """Return the fields `details` and `outcome` of an entry; under `unreadable`, what somebody else wrote there."""
    try:
        details = json.loads(text)
    except ValueError:
        details = None
    return _read_details(details if isinstance(details, dict) else {"unreadable": text})


def _kept_details(entry: AuditEntry) -> Mapping[str, Any]:
    return entry.details if entry.outcome is AuditOutcome.DONE else {**entry.details, _OUTCOME: entry.outcome}


def _read_details(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    if kept.get(_OUTCOME) not in list(AuditOutcome):
        return {"details": kept}
    details = {name: value for name, value in kept.items() if name != _OUTCOME}
    return {"details": details, "outcome": AuditOutcome(kept[_OUTCOME])}

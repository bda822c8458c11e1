"""A bulk operation as JSON text, which is how every store keeps it."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.bulk_operation import BulkOperation, BulkState

_MOMENTS = ("planned_at", "started_at", "ended_at", "driven_until")
_OTHERS = tuple(field.name for field in fields(BulkOperation) if field.name not in (*_MOMENTS, "action", "state"))


def bulk_document_of(operation: BulkOperation) -> str:
    action = operation.action
    document: dict[str, Any] = {name: getattr(operation, name) for name in _OTHERS}
    for name in _MOMENTS:
        moment = getattr(operation, name)
        document[name] = None if moment is None else moment.isoformat()
    document["state"] = operation.state.value
    document["action"] = {"kind": action.kind.value, "priority": action.priority, "queue": action.queue}
    return json.dumps(document)


def bulk_operation_of(text: str) -> BulkOperation | None:
    """Return the operation, or None for a text that makes no sense here."""
    try:
        document = json.loads(text)
        action = document["action"]
        read: dict[str, Any] = {name: document[name] for name in _OTHERS}
        for name in _MOMENTS:
            read[name] = None if document[name] is None else datetime.fromisoformat(document[name])
        read["step"] = tuple((task_id, version) for task_id, version in read["step"])
        made = BulkAction(BulkKind(action["kind"]), action["priority"], action["queue"])
        return BulkOperation(**read, action=made, state=BulkState(document["state"]))
    except Exception:  # whatever the converters raise: somebody else wrote it
        return None

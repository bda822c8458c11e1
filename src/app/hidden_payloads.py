"""What is answered to somebody who may not read payloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from backstage.domain.bulk_operation import BulkOperation
from backstage.domain.completion import Completion
from backstage.domain.followed_event import EventKind, FollowedEvent
from backstage.domain.payload_terms import HIDDEN, PAYLOAD_PREFIX, without_payload_values

_HIDDEN_JSON = '"[hidden]"'
_IN_THE_PLACE_OF = {"payload": HIDDEN, "result": HIDDEN, "payload_json": _HIDDEN_JSON, "result_json": _HIDDEN_JSON}
_OF_ONE_CLASS = {
    ("CronTask", "args"): HIDDEN,
    ("FollowedEvent", "data"): HIDDEN,
    ("LogLine", "event"): HIDDEN,
    ("LogLine", "fields"): {},
}
_MAY_BE_HIDDEN = frozenset(_IN_THE_PLACE_OF).union(name for _, name in _OF_ONE_CLASS)
_HOLD_NOTHING = frozenset({str, int, float, bool, datetime, type(None)})
"""Types of most fields: values of these are not looked into."""
_TOLD_BY_THE_STORE = frozenset({EventKind.STATE, EventKind.PROGRESS, EventKind.DROPPED, EventKind.RESTARTED})


def without_payloads(answer: Any) -> Any:
    """Return the answer of a use case with the payloads and results that are anywhere in it hidden.

    An error's text stays: it says what is wrong with a task, to those who are to mend it.
    """
    if isinstance(answer, Struct):
        return structs.replace(answer, **_changes(answer, structs.asdict(answer)))
    if is_dataclass(answer) and not isinstance(answer, type):
        known = {each.name: getattr(answer, each.name) for each in fields(answer) if each.init}
        changes = _changes(answer, known)
        return replace(answer, **changes) if changes else answer
    if isinstance(answer, list | tuple) and not hasattr(answer, "_fields"):
        return type(answer)(without_payloads(each) for each in answer if not _names_a_field(each))
    if isinstance(answer, Mapping):
        return {key: without_payloads(value) for key, value in answer.items()}
    return answer


def _changes(owner: object, known: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if isinstance(owner, FollowedEvent) and owner.kind in _TOLD_BY_THE_STORE:
        return changes
    if isinstance(owner, BulkOperation):
        query = without_payload_values(owner.query)
        return changes if query == owner.query else {"query": query}
    for name, value in known.items():
        if type(value) in _HOLD_NOTHING and name not in _MAY_BE_HIDDEN:
            continue
        hidden = _OF_ONE_CLASS.get((type(owner).__name__, name), _IN_THE_PLACE_OF.get(name))
        if hidden is not None:
            changes |= {} if value is None else {name: hidden}
        elif (changed := without_payloads(value)) is not value:
            changes[name] = changed
    return changes


def _names_a_field(each: object) -> bool:
    """Whether it suggests a filter by a field that somebody's payload has."""
    return isinstance(each, Completion) and each.text.lstrip("-").startswith(PAYLOAD_PREFIX)

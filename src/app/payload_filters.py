"""Whether a search, or the completion of one, looks into payloads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backstage.domain.completion import typed_part
from backstage.domain.task_search import TaskSearch

_PAYLOAD = "payload."


def looks_into_payloads(arguments: Mapping[str, Any], now: datetime) -> bool:
    """Of a call with these arguments. Raises InvalidQueryError."""
    if "text" in arguments:
        text, position = arguments["text"], arguments.get("position")
        return (typed_part(text, len(text) if position is None else position).name or "").startswith(_PAYLOAD)
    search = arguments.get("search", arguments.get("query", ""))
    return any(term.name.startswith(_PAYLOAD) for term in TaskSearch.of(search, now).terms)

"""Whether a search, or the completion of one, looks into payloads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backstage.domain.completion import typed_part
from backstage.domain.payload_terms import PAYLOAD_PREFIX
from backstage.domain.task_search import TaskSearch


def looks_into_payloads(arguments: Mapping[str, Any], now: datetime) -> bool:
    """Of a call with these arguments. Raises InvalidQueryError."""
    if "text" in arguments:
        text, position = arguments["text"], arguments.get("position")
        return (typed_part(text, len(text) if position is None else position).name or "").startswith(PAYLOAD_PREFIX)
    search = arguments.get("search", arguments.get("query", ""))
    return any(term.name.startswith(PAYLOAD_PREFIX) for term in TaskSearch.of(search, now).terms)

"""What a query tells of payloads."""

from __future__ import annotations

from dataclasses import replace

from backstage.domain.search_terms import terms_of

HIDDEN = "[hidden]"
"""What stands in the place of what may not be read."""
PAYLOAD_PREFIX = "payload."


def without_payload_values(query: str) -> str:
    """The query with the values that payloads must have hidden."""
    if PAYLOAD_PREFIX not in query:
        return query
    terms = (replace(term, value=HIDDEN) if term.name.startswith(PAYLOAD_PREFIX) else term for term in terms_of(query))
    return " ".join(map(str, terms))

"""A message to every live worker."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.deferred_dataclass import dataclass

KEPT_FOR = 600.0
"""Seconds for which a message is kept: a worker that was away for less misses none."""
KEPT_AT_MOST = 10_000
"""Messages that are kept, whatever their age: the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastMessage:
    """A broadcast as receivers get it. `name` selects the receivers; `id` is a UUID."""

    id: str
    name: str
    payload_json: str = "null"
    sent_at: datetime

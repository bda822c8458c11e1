from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """What a store is told beside its URL. `consumer_group` (Redis) None: whichever the store has."""

    consumer_group: str | None = None

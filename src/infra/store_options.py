from __future__ import annotations

from typing import Any

from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """What a store is told beside its URL.

    `consumer_group` (Redis) None: whichever the store has. `logger` is a structlog logger; None: nobody wants to hear.
    """

    consumer_group: str | None = None
    logger: Any = None

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from backstage.domain.deferred_dataclass import dataclass

QUEUE, TYPE, SCHEDULE = "queue", "type", "schedule"


@dataclass(frozen=True, slots=True)
class Pause:
    """A queue or a type that is paused (`kind`): no worker claims its tasks until it is resumed. Or a schedule, which
    fires nothing. `by` is who paused it and `reason` why, where that was said."""

    kind: str
    name: str
    since: datetime
    by: str | None = None
    reason: str | None = None


class QueueControl(Protocol):
    """Switches for the whole fleet, kept across restarts."""

    async def pause(self, kind: str, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        """False if it was paused already: who paused it first stays, and why."""
        ...

    async def resume(self, kind: str, name: str) -> bool:
        """False if it was not paused."""
        ...

    async def paused(self) -> list[Pause]:
        """Sorted by kind and name."""
        ...

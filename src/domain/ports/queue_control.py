from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

QUEUE, TYPE = "queue", "type"


@dataclass(frozen=True, slots=True)
class Pause:
    """A queue or a type that is paused (`kind`): no worker claims its tasks until it is resumed."""

    kind: str
    name: str
    since: datetime


class QueueControl(Protocol):
    """Switches for the whole fleet, kept across restarts."""

    async def pause(self, kind: str, name: str) -> bool:
        """False if it was paused already."""
        ...

    async def resume(self, kind: str, name: str) -> bool:
        """False if it was not paused."""
        ...

    async def paused(self) -> list[Pause]:
        """Sorted by kind and name."""
        ...

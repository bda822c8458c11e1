from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

QUEUE, TYPE = "queue", "type"


@dataclass(frozen=True, slots=True)
class Pause:
    """`kind` is "queue" or "type"; nothing of that name is claimed by any worker until it is resumed."""

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

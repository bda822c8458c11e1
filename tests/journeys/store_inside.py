"""A store looked at with nothing of ours in between: by its own rows, keys or files."""

from __future__ import annotations

from typing import Protocol

Counts = dict[tuple[str, str, str], int]
"""Number of stored tasks by queue, type and state; those with none are left out."""


class StoreInside(Protocol):
    async def counts(self) -> Counts:
        """What the store says it has."""

    async def recount(self) -> Counts:
        """What it has, one task after another."""

    async def leftovers(self) -> dict[str, int]:
        """What a store in which nothing waits or runs must not have, by name."""

    async def problems(self) -> list[str]:
        """What contradicts itself in there, in words."""

    async def spoil_payload(self, task_id: str) -> None:
        """Make it text that is no JSON."""

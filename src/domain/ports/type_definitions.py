from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backstage.domain.type_definition import TypeDefinition


class TypeDefinitions(Protocol):
    """What workers tell of their handlers, one definition for each type. Errors are those of TaskRepository."""

    async def put(self, definitions: Sequence[TypeDefinition]) -> None:
        """Keep them instead of those of the same types; of all, the MOST_DEFINITIONS that were told last."""
        ...

    async def all(self) -> list[TypeDefinition]:
        """By type. Those that cannot be read here are left out."""
        ...

from __future__ import annotations

from backstage.domain.ports.type_definitions import TypeDefinitions
from backstage.domain.type_definition import TypeDefinition


class ListTypeDefinitions:
    """Return what workers told of their handlers when they started, by type: source line, version, schema."""

    def __init__(self, type_definitions: TypeDefinitions) -> None:
        self._type_definitions = type_definitions

    async def __call__(self) -> list[TypeDefinition]:
        return await self._type_definitions.all()

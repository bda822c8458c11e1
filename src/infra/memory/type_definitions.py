from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.type_definition import MOST_DEFINITIONS, TypeDefinition
from backstage.infra.memory.store import MemoryStore


class MemoryTypeDefinitions:
    """TypeDefinitions over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._by_type: dict[str, TypeDefinition] = {}

    async def put(self, definitions: Sequence[TypeDefinition]) -> None:
        with self._store.lock:
            self._by_type |= {each.type: each for each in definitions}
            latest = sorted(self._by_type.values(), key=lambda each: (each.told_at, each.type), reverse=True)
            for each in latest[MOST_DEFINITIONS:]:
                del self._by_type[each.type]

    async def all(self) -> list[TypeDefinition]:
        with self._store.lock:
            return sorted(self._by_type.values(), key=lambda each: each.type)

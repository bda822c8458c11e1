"""Tells the store once what this worker's handlers are, for people and forms: nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.ports.clock import Clock
from backstage.domain.ports.type_definitions import TypeDefinitions
from backstage.worker.handling.handler_registry import HandlerRegistry

LOOK_EVERY = 30.0
"""Seconds. What could not be told, or was lost with an emptied store, is told at the next look."""


class ToldTypes:
    def __init__(
        self, definitions: TypeDefinitions, handlers: HandlerRegistry, lanes: Iterable[str], clock: Clock
    ) -> None:
        self._definitions, self._handlers, self._clock = definitions, handlers, clock
        self._lanes = frozenset(lanes)
        self._are_told = False

    async def tell(self) -> None:
        if self._are_told:
            return
        definitions = self._handlers.definitions(self._lanes, self._clock.now())
        if definitions:
            await self._definitions.put(definitions)
        self._are_told = True

    def put_again(self) -> None:
        """The store was emptied."""
        self._are_told = False

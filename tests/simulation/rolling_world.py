"""A deploy under way: hosts of two releases, whose producers write payloads of their own version."""

from __future__ import annotations

import dataclasses
from typing import Any

from msgspec.structs import replace

from backstage.app.enqueue_task import EnqueueTask
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.upcaster import new_upcaster
from tests.simulation.world import World

CHAINED = "chained"
"""Hosts of both releases chain tasks of its first version."""


class RollingWorld(World):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._releases: dict[str, int] = {}
        self._has_rolled = False
        self.seen: list[tuple[int, int, Any]] = []
        """Of each run: the release of its host, and the version and the payload that its handler got."""

    def _heal(self) -> None:
        """From now on every host that starts is of the new release, which knows whatever is left."""
        super()._heal()
        self._has_rolled = True

    def _request(self, number: int) -> EnqueueTask:
        request = super()._request(number)
        if self.random.random() < 0.5:
            return request
        return replace(request, payload=to_second(request.payload), payload_version=2)

    def _register(self, registration: TaskHandlerRegistration, registry: HandlerRegistry, host: str) -> None:
        if host not in self._releases:
            self._releases[host] = 2 if self._has_rolled else self.random.choice((1, 1, 2))
        release, handle = self._releases[host], registration.handler

        async def noted(payload: Any, context: TaskContext) -> Any:
            self.seen.append((release, context.task.payload_version, payload))
            return await handle(payload, context)

        if release == 1:
            registry.add(dataclasses.replace(registration, handler=noted))
            return
        registry.add(dataclasses.replace(registration, handler=noted, version=2))
        registry.add_upcaster(new_upcaster(registration.type, 1, to_second))


def to_second(payload: Any) -> Any:
    return {"second": payload}

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backstage.domain.events import TaskEvent
    from backstage.domain.ports.event_bus import Listener


class NoListeners:
    """The event bus of a process that has no listeners, so that none loads a library for nobody."""

    def on(self, name: str, listener: Listener) -> None:
        raise AssertionError("there are no listeners here")

    def is_heard(self, name: str) -> bool:
        return False

    async def publish(self, event: TaskEvent) -> None:
        """Nobody listens."""

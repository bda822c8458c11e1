from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from backstage.domain.events import TaskEvent

Listener = Callable[[Any], Awaitable[None] | None]


class EventBus(Protocol):
    def on(self, name: str, listener: Listener) -> None:
        """Call `listener` (sync or async) with each event of that name, `worker-task:*` for all.

        Raises InvalidTaskDataError for a name that no event has.
        """
        ...

    def is_heard(self, name: str) -> bool:
        """Whether anybody listens, so that nobody builds an event for nobody."""
        ...

    async def publish(self, event: TaskEvent) -> None:
        """Call the listeners one after another; one that raises is logged and stops nothing."""
        ...

from __future__ import annotations

from typing import Protocol


class Wakeup(Protocol):
    """A hint that there may be work, or a signal for a running task. Never needed for correctness."""

    async def wait(self, timeout: float) -> None:
        """Return when something was enqueued, retried, cancelled, resumed, broadcast, or after `timeout` seconds.

        What happened between two calls makes the second return at once. One waiter at a time.
        """
        ...

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator


class ConnectionEpoch:
    """Counts how often all connections of a store were given up, because the server behind them serves it no more.

    After a failover, sockets to the old server may stay open: only a new connection asks DNS where the store is now.
    Whoever holds a connection compares `number` with the one it was made in, or watches for the next.
    """

    def __init__(self) -> None:
        self.number = 0
        self._watchers: set[Callable[[], None]] = set()

    def end(self, number: int) -> None:
        """End the epoch of that number, unless it has ended; from any thread."""
        if number == self.number:
            self.number += 1
            for watcher in tuple(self._watchers):
                watcher()

    @contextlib.contextmanager
    def watched(self, ended: Callable[[], None]) -> Iterator[None]:
        """Call `ended` on the running loop at each end of an epoch."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(ended)

        self._watchers.add(tell)
        try:
            yield
        finally:
            self._watchers.discard(tell)

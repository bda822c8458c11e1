"""Which slots are taken by handlers that were told to end and do not."""

from __future__ import annotations

import time
from typing import Any

from backstage.worker import log_events
from backstage.worker.executing.handler_threads import HandlerThreads
from backstage.worker.runtime.held_task import HeldTask, HeldTasks

REMEDY = "restart the worker; give every call that may wait a time limit, or run the handler in a process"


class HungSlots:
    """A thread that was left behind, and a handler on the loop that swallowed its cancellation, take up a slot until
    they end by themselves. A worker whose slots are all taken so claims nothing, for ever if need be: its health has
    to say so. `look` is called on the loop at intervals; the rest may be read from any thread.
    """

    def __init__(self, concurrency: int, threads: HandlerThreads, held: HeldTasks, logger: Any) -> None:
        self._concurrency = concurrency
        self._threads = threads
        self._held = held
        self._logger = logger
        self._cancelled: tuple[HeldTask, ...] = ()
        """Those that were to end at the last look."""
        self._unresponsive: tuple[str, ...] = ()
        self._full_since: float | None = None

    def types(self) -> tuple[str, ...]:
        """The task type of each hung handler, sorted."""
        return tuple(sorted((*self._threads.abandoned_types(), *self._unresponsive)))

    @property
    def all_for(self) -> float:
        """Seconds for which every slot has been hung; 0 while one is not."""
        since = self._full_since
        return 0.0 if since is None else time.monotonic() - since

    def look(self) -> None:
        before = self._cancelled
        self._cancelled = tuple(each for each in self._held.snapshot() if _is_to_end(each))
        self._unresponsive = tuple(each.task.type for each in self._cancelled if each in before)
        types = self.types()
        if len(types) < self._concurrency:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = time.monotonic()
            self._logger.error(log_events.SLOTS_HUNG, slots=len(types), types=sorted({*types}), remedy=REMEDY)


def _is_to_end(held: HeldTask) -> bool:
    return held.run is not None and not held.run.done() and held.run.cancelling() > 0

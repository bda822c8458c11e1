"""Whether the store is still the one that the worker began with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backstage.domain.ports.clock import Clock
from backstage.worker import log_events
from backstage.worker.watching.background_loop_health import LoopHealth

REPORTED_FOR = 3600.0
"""Seconds for which health says that the store was emptied, unless somebody acknowledges it."""


class StoreWatch:
    """Is shown the store's generation at each beat; another one than before means that the store was emptied.

    Then what the worker's code declares is put there again by `put_again`, for nobody else would do it: the tasks
    that were there are gone, but the work that the code asks for goes on. `health` says so for a while.
    """

    def __init__(self, put_again: Sequence[Callable[[], None]], clock: Clock, health: LoopHealth, logger: Any) -> None:
        self._put_again, self._clock, self._health, self._logger = put_again, clock, health, logger
        self._generation: str | None = None
        self._reported_until: float | None = None

    def saw(self, generation: str) -> None:
        before, self._generation = self._generation, generation
        if before is not None and before != generation:
            self._report(before, generation)
        elif self._reported_until is None or self._clock.monotonic() >= self._reported_until:
            self.acknowledge()

    def acknowledge(self) -> None:
        """Somebody knows: health is good again. May be called from any thread."""
        self._reported_until = None
        self._health.turned()

    def _report(self, before: str, generation: str) -> None:
        self._logger.error(
            log_events.STORE_WAS_EMPTIED,
            generation=generation,
            before=before,
            remedy="find out what emptied it; schedules and listeners of the code are stored again, tasks are lost",
        )
        self._reported_until = self._clock.monotonic() + REPORTED_FOR
        moment = self._clock.now().isoformat(timespec="seconds")
        self._health.failed(RuntimeError(f"the store was emptied, as was noticed at {moment}"))
        for put_again in self._put_again:
            put_again()

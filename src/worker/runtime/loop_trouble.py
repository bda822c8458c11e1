"""What a background loop says of its errors: the first at once, others ever more seldom, and when they are over."""

from __future__ import annotations

import time
from typing import Any

from backstage.domain.errors import StorageError
from backstage.worker import log_events
from backstage.worker.watching.background_loop_health import LoopHealth

QUIET = 10.0
"""Seconds without a line after the first, twice as many after each further one."""
LONGEST_QUIET = 60.0
FORGOTTEN_AFTER = 120.0
"""Seconds without an error after which the next one is a new trouble."""


class LoopTrouble:
    """A store that is down for an hour is one trouble, not ten thousand lines. An error that is not the store's is
    always logged, with its traceback.

    Belongs to one loop and is used in its thread alone. `event` names its failure in the log.
    """

    def __init__(self, event: str, health: LoopHealth, logger: Any) -> None:
        self._event, self._health, self._logger = event, health, logger
        self.failures = 0
        """In a row."""
        self._since = self._latest = self._logged_at = 0.0
        self._quiet = 0.0

    def failed(self, error: Exception, **about: Any) -> None:
        """Call it where the error is caught; `about` is added to the line."""
        self._health.failed(error)
        now = time.monotonic()
        if not self.failures or now - self._latest > FORGOTTEN_AFTER:
            self.failures, self._since, self._quiet = 0, now, 0.0
        self.failures += 1
        self._latest = now
        if not isinstance(error, StorageError):
            self._logger.exception(self._event, **about)
        elif not self._quiet or now - self._logged_at >= self._quiet:
            self._logger.warning(self._event, **about, error=str(error), failures=self.failures)
            self._logged_at = now
            self._quiet = min(2 * self._quiet or QUIET, LONGEST_QUIET)

    def turned(self) -> None:
        """It has done its work again, or still."""
        self._health.turned()
        if self.failures:
            seconds = round(time.monotonic() - self._since, 1)
            self._logger.info(
                log_events.LOOP_RECOVERED, loop=self._health.name, failures=self.failures, seconds=seconds
            )
            self.failures = 0

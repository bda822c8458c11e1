from __future__ import annotations

import logging
import time
from collections.abc import Callable
from urllib.parse import quote

from backstage.domain.one_line import one_line
from backstage.pages.log_events import REQUEST_UNANSWERED

AGAIN_AFTER = 60.0
_LONGEST_ERROR = 500
_logger = logging.getLogger("backstage.web")


class OutageLog:
    """Tells the log that requests are not answered because of the store: of the first one, then once a minute.

    The error's own text names the store, so it is for those who can read the log.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told_at: float | None = None
        self._untold = 0

    def tell(self, method: str, path: str, error: Exception) -> None:
        now = self._monotonic()
        if self._told_at is not None and now - self._told_at < AGAIN_AFTER:
            self._untold += 1
            return
        also = f" ({self._untold:,} more since the last line)" if self._untold else ""
        told = one_line(str(error), _LONGEST_ERROR)
        _logger.warning("%s: %s %s was not answered: %s%s", REQUEST_UNANSWERED, method, quote(path), told, also)
        self._told_at, self._untold = now, 0

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from backstage.domain.errors import StoreReplacedError
from backstage.worker import log_events
from backstage.worker.watching.background_loop_health import LoopHealth


class ReplacedStore:
    """Gives the store up once a loop has found another, or none, in its place for `patience` seconds: no later try
    brings it back, and whoever starts the worker again opens what is there now."""

    def __init__(
        self,
        loops: Callable[[], Iterable[LoopHealth]],
        patience: float,
        give_up: Callable[[StoreReplacedError], None],
        logger: Any,
    ) -> None:
        self._loops, self._patience, self._give_up, self._logger = loops, patience, give_up, logger

    def look(self) -> None:
        """To be called at intervals."""
        for loop in self._loops():
            if loop.replaced is not None and loop.replaced_for >= self._patience:
                self._logger.critical(log_events.STORE_REPLACED, error=str(loop.replaced))
                self._give_up(loop.replaced)
                return

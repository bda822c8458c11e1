"""Ends a process that was told to stop and whose event loop is blocked, so that it cannot."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from backstage.worker import log_events
from backstage.worker.hosting.bounded_exit import exit_at_once

MARGIN = 2.0
"""Seconds beyond the grace period for what a loop that turns does by itself: it cancels, and gives back."""
ANSWERS_WITHIN = 1.0
"""Seconds after which a loop that does not answer is blocked."""
GIVES_BACK_WITHIN = 3.0
KILLED = 128 + 15
"""How shells tell of SIGTERM, which would have ended the process had no worker heard it."""


class BlockedStop:
    """Begins to count at the first signal, and looks once the grace period is over; the second signal ends that.

    `give_back` gives the store whatever the worker holds, on another loop than the blocked one; `running` are the
    task types of the handlers that run; `code` is the exit code where that has worked.
    """

    def __init__(
        self,
        grace_period: float,
        give_back: Callable[[], Awaitable[object]],
        running: Callable[[], list[str]],
        logger: Any,
        *,
        code: int = KILLED,
    ) -> None:
        self._grace_period = grace_period
        self._give_back = give_back
        self._running = running
        self._logger = logger
        self._code = code
        self._loop = asyncio.get_running_loop()
        self._looks_at: float | None = None
        self._changed = threading.Condition()
        self._is_over = False

    def heard(self) -> None:
        """A signal to stop came; in any thread."""
        with self._changed:
            if self._looks_at is None:
                self._looks_at = time.monotonic() + self._grace_period + MARGIN
                threading.Thread(target=self._watch, name="backstage-blocked-stop", daemon=True).start()
            else:
                self._looks_at = min(self._looks_at, time.monotonic() + MARGIN)
            self._changed.notify()

    def over(self) -> None:
        """The worker has stopped."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def _watch(self) -> None:
        while self._waited():
            if not self._answers():
                self._end()

    def _waited(self) -> bool:
        """Return once it is time to look, or False once the worker has stopped."""
        with self._changed:
            while not self._is_over and (left := (self._looks_at or 0.0) - time.monotonic()) > 0:
                self._changed.wait(left)
            self._looks_at = time.monotonic() + ANSWERS_WITHIN
            return not self._is_over

    def _answers(self) -> bool:
        turned = threading.Event()
        try:
            self._loop.call_soon_threadsafe(turned.set)
        except RuntimeError:  # it is closed, so the worker has stopped
            return True
        return turned.wait(ANSWERS_WITHIN) or self._is_over

    def _end(self) -> None:
        self._logger.error(log_events.LOOP_BLOCKED, types=self._running(), where=_where())
        code = self._code
        try:
            asyncio.run(asyncio.wait_for(self._given_back(), GIVES_BACK_WITHIN))
        except Exception as error:  # their leases run out
            self._logger.error(log_events.SETTLE_FAILED, error=str(error) or type(error).__name__)
            code = code or 1
        exit_at_once(code)

    async def _given_back(self) -> None:
        await self._give_back()


def _where() -> str:
    """The innermost frames of the main thread."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    places: list[str] = []
    while frame is not None and len(places) < 3:
        places.append(f"{frame.f_code.co_name} ({frame.f_code.co_filename}:{frame.f_lineno})")
        frame = frame.f_back
    return " < ".join(places)

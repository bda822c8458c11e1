from __future__ import annotations

import asyncio
import time

from backstage.worker.watching.histogram import Histogram

INTERVAL = 0.25
"""Seconds between two looks."""


class LoopLag:
    """Shows that an event loop turns, and how late it comes: each look asks to be woken after INTERVAL.

    `run` on that loop; the rest may be read from any thread.
    """

    def __init__(self) -> None:
        self.lags = Histogram()
        """Seconds by which the loop woke a look too late."""
        self._expected_at = time.monotonic() + INTERVAL

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._expected_at = time.monotonic() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self.lags.observe(max(0.0, time.monotonic() - self._expected_at))

    def blocked_for(self) -> float:
        """Seconds by which the next look is overdue; next to nothing while the loop turns."""
        return max(0.0, time.monotonic() - self._expected_at)

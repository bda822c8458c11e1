from __future__ import annotations

import asyncio

INTERVAL = 0.5
"""Seconds between two looks."""


class LongestLag:
    """How late the event loop came at worst since somebody last asked: each look wants to be woken after INTERVAL."""

    def __init__(self) -> None:
        self._longest = 0.0

    async def run(self, busy: asyncio.Event) -> None:
        """Look until cancelled, while `busy` is set."""
        loop = asyncio.get_running_loop()
        while True:
            await busy.wait()
            expected_at = loop.time() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self._longest = max(self._longest, loop.time() - expected_at)

    def take(self) -> float:
        """Return the longest lag in seconds, and begin anew."""
        longest, self._longest = self._longest, 0.0
        return longest

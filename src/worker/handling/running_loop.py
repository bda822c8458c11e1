from __future__ import annotations

import asyncio


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in this thread now, on which nothing may wait."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None

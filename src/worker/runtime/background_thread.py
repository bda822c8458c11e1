"""Where the lease keeper runs: beside the worker's loop, not on it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

Background = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], AbstractAsyncContextManager[None]]
"""Runs a coroutine in the background from entering to leaving, under a name."""


@contextlib.asynccontextmanager
async def in_background_thread(name: str, main: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run `main` on an event loop in a thread of its own, which a handler on this loop cannot block."""
    loop = asyncio.new_event_loop()
    running: list[asyncio.Task[None]] = []

    def work() -> None:
        asyncio.set_event_loop(loop)
        task = loop.create_task(main(), name=name)
        running.append(task)
        started.set()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    started = threading.Event()
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    started.wait()
    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):  # the loop closed by itself
            loop.call_soon_threadsafe(running[0].cancel)
        await asyncio.get_running_loop().run_in_executor(None, thread.join, 5.0)

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")


class LoopThread:
    """An event loop in a thread of its own, which runs coroutines for other threads until it is stopped.

    The thread is a daemon: a program that forgets to stop it still ends.
    """

    def __init__(self, name: str) -> None:
        self._pid = os.getpid()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()
        self._is_ready.wait()

    @property
    def is_of_this_process(self) -> bool:
        """False in a forked child, which has no such thread."""
        return self._pid == os.getpid()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def run(self, asking: Coroutine[Any, Any, Value]) -> Value:
        """Wait for a coroutine and return its value, or raise its error; a wait that is interrupted cancels it."""
        future = asyncio.run_coroutine_threadsafe(asking, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        self._loop.call_soon_threadsafe(self._is_stopping.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_stopping = asyncio.Event()
        self._is_ready.set()
        await self._is_stopping.wait()

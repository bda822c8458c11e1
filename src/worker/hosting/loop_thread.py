from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from backstage.worker.hosting.fast_loop import new_event_loop

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
        return threading.get_ident() == self._thread.ident

    def run(self, asking: Coroutine[Any, Any, Value]) -> Value:
        """Wait for a coroutine and return its value, or raise its error; a wait that is interrupted cancels it."""
        call = _Call(self._loop, asking)
        try:
            self._loop.call_soon_threadsafe(call.begin)
        except RuntimeError:  # the loop is closed
            asking.close()
            raise
        return call.answer()

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        self._loop.call_soon_threadsafe(self._is_stopping.set)
        self._thread.join()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_stopping = asyncio.Event()
        self._is_ready.set()
        await self._is_stopping.wait()


class _Call(Generic[Value]):
    """One wait of one thread. A lock and a callback do what `asyncio.run_coroutine_threadsafe` does with two futures
    that watch each other, which costs as much as storing a task."""

    __slots__ = ("_asking", "_has_ended", "_loop", "_task")

    def __init__(self, loop: asyncio.AbstractEventLoop, asking: Coroutine[Any, Any, Value]) -> None:
        self._loop = loop
        self._asking = asking
        self._task: asyncio.Task[Value] | None = None
        self._has_ended = threading.Lock()
        self._has_ended.acquire()

    def begin(self) -> None:
        """On the loop."""
        self._task = self._loop.create_task(self._asking)
        self._task.add_done_callback(self._end)

    def answer(self) -> Value:
        """In the thread that waits."""
        try:
            self._has_ended.acquire()
        except BaseException:  # an interrupt
            self._loop.call_soon_threadsafe(self._cancel)
            raise
        assert self._task is not None
        if self._task.cancelled():
            raise concurrent.futures.CancelledError
        return self._task.result()

    def _end(self, task: asyncio.Task[Value]) -> None:
        self._has_ended.release()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

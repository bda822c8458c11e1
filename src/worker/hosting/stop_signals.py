"""SIGTERM, SIGINT and SIGQUIT stop a worker gracefully; the second one hurries it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from backstage.worker.hosting.blocked_stop import BlockedStop
from backstage.worker.hosting.signal_thread import SignalThread

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGQUIT") if hasattr(signal, name))
_UNTOUCHED = (signal.SIG_DFL, signal.default_int_handler)


class StopSignals:
    """While entered, the first signal calls `stop`, the next ones `stop_now`.

    Signals that the application handles itself are left alone, and so are all outside the main thread. With
    `ends_process`, a signal that came is sent again on leaving, with its old effect. `blocked` is told of signals
    even while the event loop is blocked, and then ends the process in its place.
    """

    def __init__(
        self,
        stop: Callable[[], None],
        stop_now: Callable[[], None],
        *,
        ends_process: bool = True,
        blocked: BlockedStop | None = None,
    ) -> None:
        self._blocked = blocked
        self._thread: SignalThread | None = None
        self._stop = stop
        self._stop_now = stop_now
        self._ends_process = ends_process
        self._taken: dict[signal.Signals, Any] = {}
        self._came: signal.Signals | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for each in SIGNALS:
                handler = signal.getsignal(each)
                if handler in _UNTOUCHED or _is_of_asyncio(handler):
                    loop.add_signal_handler(each, self._on_signal, each)
                    self._taken[each] = handler
            if self._blocked is not None and self._taken:
                self._thread = SignalThread(self._on_any_signal).__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._blocked is not None:
            self._blocked.over()
        if self._thread is not None:
            self._thread.__exit__(kind, error, trace)
        loop = asyncio.get_running_loop()
        for each, handler in self._taken.items():
            loop.remove_signal_handler(each)
            signal.signal(each, handler)
        if self._came is not None and self._ends_process:
            os.kill(os.getpid(), self._came)

    def _on_any_signal(self, number: int) -> None:
        if self._blocked is not None and number in self._taken:
            self._blocked.heard()

    def _on_signal(self, number: signal.Signals) -> None:
        if self._came is None:
            self._came = number
            self._stop()
        else:
            self._stop_now()


def _is_of_asyncio(handler: object) -> bool:
    """Whether it is what asyncio.run does with SIGINT unless somebody else cares: cancel the main task."""
    return isinstance(getattr(getattr(handler, "func", None), "__self__", None), asyncio.Runner)

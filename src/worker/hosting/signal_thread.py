from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class SignalThread:
    """Tells of signals in a thread of its own, where they are heard while a handler blocks the event loop.

    The interpreter writes the number of each signal that comes into one descriptor, from C and at once. This takes
    the event loop's place there, and passes everything on to it. To be entered in the main thread, once the loop has
    its own descriptor there, and left there.
    """

    def __init__(self, heard: Callable[[int], None]) -> None:
        """`heard` is called in that thread."""
        self._heard = heard
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self._before = -1

    def __enter__(self) -> Self:
        self._before = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._listen, name="backstage-signals", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        there = signal.set_wakeup_fd(self._before, warn_on_full_buffer=False)
        if there != self._sender.fileno():  # somebody else's, who came later
            signal.set_wakeup_fd(there, warn_on_full_buffer=False)
        self._sender.close()  # which ends the thread

    def _listen(self) -> None:
        with self._receiver:
            while numbers := self._receiver.recv(4096):
                if self._before >= 0:
                    with contextlib.suppress(OSError):  # full, so the loop will wake up anyhow; or closed
                        os.write(self._before, numbers)
                for number in numbers:
                    self._heard(number)

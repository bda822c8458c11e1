"""Signals that a process waits for in its main thread, in place of handlers that interrupt it."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def awaited_signals(numbers: Iterable[int]) -> Iterator[Callable[[float | None], bytes]]:
    """Hand out what waits for signals, up to some seconds (None: for ever), and returns their numbers."""
    receiver, sender = socket.socketpair()
    receiver.setblocking(False)
    sender.setblocking(False)

    def wait(seconds: float | None) -> bytes:
        readable, _, _ = select.select([receiver], [], [], seconds)
        return receiver.recv(4096) if readable else b""

    with receiver, sender:
        descriptor = signal.set_wakeup_fd(sender.fileno())
        handlers = {each: signal.signal(each, _only_wake_up) for each in numbers}
        try:
            yield wait
        finally:
            for each, handler in handlers.items():
                signal.signal(each, handler)
            signal.set_wakeup_fd(descriptor)


def _only_wake_up(number: int, frame: object) -> None:
    """A signal without a Python handler writes nothing to the wakeup descriptor."""

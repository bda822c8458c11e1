"""Which reply a proxy is to lose."""

from __future__ import annotations

import threading


class LostReply:
    """The reply to a request in which `seen` came in that order, or the one in which `answered` comes.

    The server gets the whole request and answers it; the client sees its connection break instead.
    """

    def __init__(self, *seen: bytes, answered: bytes = b"") -> None:
        self._seen, self._answered = seen, answered
        self._happened = threading.Event()

    @property
    def has_happened(self) -> bool:
        return self._happened.is_set()

    def is_this(self, sent: bytes, received: bytes) -> bool:
        """Given what one connection has sent, and what it has received with the newest reply."""
        return not self.has_happened and _has_in_order(sent, self._seen) and self._answered in received

    def happen(self) -> None:
        self._happened.set()


def _has_in_order(text: bytes, parts: tuple[bytes, ...]) -> bool:
    position = 0
    for part in parts:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True

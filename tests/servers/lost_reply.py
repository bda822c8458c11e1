"""Which reply a proxy is to lose."""

from __future__ import annotations

import threading


class LostReply:
    """The reply to a request in which, on one connection, `seen` came in that order.

    The server gets the whole request and answers it; the client sees its connection break instead.
    """

    def __init__(self, *seen: bytes) -> None:
        self._seen = seen
        self._happened = threading.Event()
        self._connection: object = None

    @property
    def has_happened(self) -> bool:
        return self._happened.is_set()

    def is_waiting_for(self, connection: object, request: bytes) -> bool:
        """Whether this request (all that the connection has sent) is the one; it is so for one connection only."""
        if self._connection is None and self._is_in(request):
            self._connection = connection
        return self._connection is connection and not self.has_happened

    def happen(self) -> None:
        self._happened.set()

    def _is_in(self, request: bytes) -> bool:
        position = 0
        for part in self._seen:
            position = request.find(part, position)
            if position < 0:
                return False
            position += len(part)
        return True

"""HTTP for a port that anybody may connect to: no connection can keep others from being answered."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_CONNECTIONS = 64
LONGEST_HEAD = 32 * 1024
"""Bytes of a request's first line and headers."""
HEAD_WITHIN = 5.0
"""Seconds for them to arrive, from the connection or from their first byte on."""
REFUSED_FOR = 0.5
"""Seconds for the answer to a head that is too long to be read."""
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with limits on what arrives before a request is complete.

    Where there are too many connections, a new one takes the place of the one that has been idle for longest.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_refused = False
        self._head_length = 0
        self._head_is_late: asyncio.TimerHandle | None = None
        self._idle_since = self.loop.time()

    @property
    def idle_since(self) -> float | None:
        """By the loop's clock; None while a request is answered."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        return None if is_answering else self._idle_since

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()
        if len(self.connections) > MOST_CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser no more at a time than a head may still have: only it knows where the head ends."""
        while data and not self._is_refused and not self.transport.is_closing():
            fed, data = data[: self._room], data[self._room :]
            head = self._head_is_late
            super().data_received(fed)
            if head is not None and self._head_is_late is head:  # it has not ended in this piece
                self._head_length += len(fed)
                if self._room <= 0:
                    self._refuse()

    @property
    def _room(self) -> int:
        return LONGEST_HEAD - self._head_length

    def on_message_begin(self) -> None:
        if self._head_is_late is None:  # a further request of the connection
            self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        self._head_length = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def _refuse(self) -> None:
        """Answer, and let go a moment later: a close with bytes unread would lose the answer."""
        self._is_refused = True
        self._stop_waiting()
        self.transport.write(_TOO_LARGE)
        self._head_is_late = self.loop.call_later(REFUSED_FOR, self.transport.abort)

    def _expect_head(self) -> None:
        self._head_length = 0
        self._head_is_late = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_is_late is not None:
            self._head_is_late.cancel()
            self._head_is_late = None

    def _make_room(self) -> None:
        others = [each for each in self.connections if isinstance(each, BoundedHttp) and each is not self]
        idle = [(each.idle_since, each) for each in others if each.idle_since is not None]
        if idle:
            min(idle, key=lambda pair: pair[0])[1].transport.abort()

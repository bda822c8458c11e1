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
        if self._is_refused:
            return
        has_begun = self._head_is_late is not None
        if has_begun and self._is_too_long(data):
            self._refuse()
            return
        super().data_received(data)
        if not has_begun and self._head_is_late is not None and self._is_too_long(data):  # it began in this piece
            self._refuse()

    def on_message_begin(self) -> None:
        if self._head_is_late is None:  # a further request of the connection
            self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def _is_too_long(self, data: bytes) -> bool:
        self._head_length += len(data)
        return self._head_length > LONGEST_HEAD

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

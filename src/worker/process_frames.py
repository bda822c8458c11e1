"""What a worker and its handler processes write to each other: JSON objects, each behind its length."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from typing import Any

Frame = dict[str, Any]
_LENGTH = struct.Struct(">I")


def encode_frame(frame: Frame) -> bytes:
    """Raises TypeError or ValueError for what is not JSON."""
    body = json.dumps(frame, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """Raises EOFError (asyncio.IncompleteReadError) or ConnectionError once the other side is gone."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    frame: Frame = json.loads(await reader.readexactly(length))
    return frame


class FrameSocket:
    """The child's end: blocking; any thread may write, one reads. Unbuffered, for a thread that is still reading
    from a buffer when the interpreter ends makes it abort."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._writing = threading.Lock()

    def write(self, frame: Frame) -> None:
        data = encode_frame(frame)
        with self._writing:
            self._connection.sendall(data)

    def read(self) -> Frame | None:
        """None once the other side is gone."""
        try:
            (length,) = _LENGTH.unpack(self._read_exactly(_LENGTH.size))
            frame: Frame = json.loads(self._read_exactly(length))
        except (EOFError, ConnectionError):
            return None
        return frame

    def _read_exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self._connection.recv(size - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

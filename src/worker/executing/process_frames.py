"""What a worker and its handler processes write to each other: JSON objects, each behind its length."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import threading
from typing import Any

Frame = dict[str, Any]
_LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 64 * 1024 * 1024
"""Of the longest frame: a value with dozens of next tasks, each with the largest payload, fits."""


class UnusableFrame(ValueError):
    """What came is too long, or is none that a worker and its handler process write to each other."""


def encode_frame(frame: Frame) -> bytes:
    """Raises TypeError or ValueError for what is not JSON, and UnusableFrame for what is too long."""
    body = json.dumps(frame, separators=(",", ":")).encode()
    _check_length(len(body))
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """Raises EOFError (asyncio.IncompleteReadError) or ConnectionError once the other side is gone, and
    UnusableFrame."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    _check_length(length)  # before any of it is kept
    return _decoded(await reader.readexactly(length))


def _check_length(length: int) -> None:
    if length > MAX_FRAME_BYTES:
        raise UnusableFrame(f"a message of {length:,} bytes, the limit is {MAX_FRAME_BYTES:,}")


def _decoded(body: bytes) -> Frame:
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):
        raise UnusableFrame("a message that is not JSON") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("kind"), str):
        raise UnusableFrame("a message without a kind")
    return frame


class FrameSocket:
    """The child's end: blocking; any thread may write, one reads. Unbuffered, for a thread that is still reading
    from a buffer when the interpreter ends makes it abort.

    It belongs to the process that made it: one that a handler forks must not speak in its place.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._writing = threading.Lock()
        self._owner = os.getpid()

    @property
    def is_ours(self) -> bool:
        return os.getpid() == self._owner

    def close(self) -> None:
        self._connection.close()

    def write(self, frame: Frame) -> None:
        data = encode_frame(frame)
        with self._writing:
            self._connection.sendall(data)

    def read(self) -> Frame | None:
        """None once the other side is gone."""
        try:
            (length,) = _LENGTH.unpack(self._read_exactly(_LENGTH.size))
            frame = _decoded(self._read_exactly(length))
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

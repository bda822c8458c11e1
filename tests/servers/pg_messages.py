"""PostgreSQL's messages, as far as a pooler must tell them apart (protocol documentation, "Message Formats")."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from typing import NamedTuple

PROTOCOL_3 = 196608
CANCEL = 80877102
ENCRYPTION = (80877103, 80877104)
"""SSLRequest and GSSENCRequest."""


class Message(NamedTuple):
    kind: bytes
    body: bytes

    def encoded(self) -> bytes:
        return self.kind + struct.pack("!i", len(self.body) + 4) + self.body


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Raises IncompleteReadError when the other side has closed."""
    kind = await reader.readexactly(1)
    return Message(kind, await _read_body(reader))


async def read_first(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """What a client begins with: its code, which is the protocol's version or a special request, and the rest."""
    body = await _read_body(reader)
    return struct.unpack_from("!i", body)[0], body[4:]


async def _read_body(reader: asyncio.StreamReader) -> bytes:
    [length] = struct.unpack("!i", await reader.readexactly(4))
    return await reader.readexactly(length - 4)


def startup(parameters: Mapping[str, str]) -> bytes:
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    return struct.pack("!ii", len(pairs) + 9, PROTOCOL_3) + pairs + b"\0"


def parameters_of(body: bytes) -> dict[str, str]:
    words = body.decode().split("\0")
    return {name.lower(): value for name, value in zip(words[::2], words[1::2], strict=False) if name}


def error(code: str, text: str) -> Message:
    fields = {"S": "FATAL", "V": "FATAL", "C": code, "M": text}
    return Message(b"E", b"".join(f"{name}{value}\0".encode() for name, value in fields.items()) + b"\0")


AUTHENTICATION_OK = Message(b"R", struct.pack("!i", 0))
TERMINATE = b"X"
READY = Message(b"Z", b"I")

"""A protocol of a few lines over hiredis: the bytes of commands, written as they were, and scripts in a pipeline."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hiredis

Call = bytes
SCRIPT = b"redis.call('HSET', KEYS[1], 'd', ARGV[1]) redis.call('XADD', KEYS[2], '*', 'd', ARGV[2])"


@asynccontextmanager
async def recording(url: str) -> AsyncIterator[tuple[str, list[Call]]]:
    """Through a proxy, which sees the bytes whatever client of ours has sent them."""
    calls: list[Call] = []
    parts = urlsplit(url)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, noted: list[Call] | None) -> None:
        while data := await reader.read(1 << 20):
            if noted is not None:
                noted.append(data)
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 22)
        with contextlib.suppress(asyncio.CancelledError):  # the loop ends while a client is still connected
            await asyncio.gather(pass_on(reader, to_writer, calls), pass_on(to_reader, writer, None))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 22)
    port = server.sockets[0].getsockname()[1]
    try:
        yield parts._replace(netloc=f"127.0.0.1:{port}").geturl(), calls
    finally:
        server.close()


class _Connection(asyncio.Protocol):
    """Counts replies; who waits is told when so many have come."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._missing, self._done = 0, asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while self._missing:
            reply = self._reader.gets()
            if reply is False:
                return
            if isinstance(reply, hiredis.ReplyError):
                raise reply
            self._missing -= 1
        if not self._done.done():
            self._done.set_result(None)

    async def ask(self, data: bytes, replies: int) -> None:
        self._missing, self._done = replies, asyncio.get_running_loop().create_future()
        self._transport.write(data)
        await self._done

    def close(self) -> None:
        self._transport.close()


@asynccontextmanager
async def replayer(url: str, recorded_url: str = "") -> AsyncIterator[Replayer]:
    """What was recorded with the other URL's prefix is made with this one's, which is of the same length."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(_Connection, parts.hostname, parts.port)
    prefixes = tuple(parse_qs(urlsplit(each).query).get("prefix", [""])[0].encode() for each in (recorded_url, url))
    try:
        await connection.ask(_command(b"SCRIPT", b"LOAD", SCRIPT), 1)
        yield Replayer(connection, (prefixes[0], prefixes[1]))
    finally:
        connection.close()


class Replayer:
    def __init__(self, connection: _Connection, prefixes: tuple[bytes, bytes]) -> None:
        self._connection, self._prefixes = connection, prefixes

    async def replay(self, calls: list[Call]) -> None:
        for data in calls:
            moved = data.replace(*self._prefixes) if self._prefixes[0] else data
            await self._connection.ask(moved, _commands_in(moved))

    async def copy(self, rows: list[bytes]) -> None:
        """One script call a task, all in one write."""
        prefix, sha = self._prefixes[1], hashlib.sha1(SCRIPT).hexdigest().encode()
        data = b"".join(
            _command(b"EVALSHA", sha, b"2", b"{%s}:bare:%d" % (prefix, id(row)), b"{%s}:bare" % prefix, row, b"1")
            for row in rows
        )
        await self._connection.ask(data, len(rows))


async def rows(url: str, at_once: int) -> list[list[bytes]]:
    """Payloads of the size of a task's: what lies in our keys is only ours to read."""
    return [[b'{"n":%d}' % n + b" " * 100 for n in range(at_once)] for _ in range(20)]


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _commands_in(data: bytes) -> int:
    reader = hiredis.Reader()
    reader.feed(data)
    number = 0
    while reader.gets() is not False:
        number += 1
    return number

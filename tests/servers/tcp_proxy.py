"""A TCP proxy whose faults tests switch on and off: it speaks no protocol, so it is the same for every server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from types import TracebackType
from urllib.parse import urlsplit

from tests.servers.loop_thread import LoopThread
from tests.servers.lost_reply import LostReply

_CHUNK = 65_536
_REMEMBERED = 4 * _CHUNK
"""How many bytes of each direction are searched for the parts of a LostReply."""


class TcpProxy:
    """On a port of the loopback, before the server of a URL. All its methods may be called from any thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = _address(url)
        self._thread = LoopThread("tcp-proxy")
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._latency = 0.0
        self._connections: set[_Connection] = set()
        self._lost: LostReply | None = None
        self.connections_made = 0
        self._server = self._thread.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        self.url = parts._replace(netloc=f"{login}127.0.0.1:{self.port}").geturl()

    def __enter__(self) -> TcpProxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cut()
        self._thread.run(self._stop_listening())
        self._thread.close()

    def stall(self) -> None:
        """Pass nothing on from now, on old and new connections: they are open and silent, as across a dead network."""
        self._thread.loop.call_soon_threadsafe(self._flowing.clear)

    def flow(self) -> None:
        """Pass on again, and first what was held back."""
        self._thread.loop.call_soon_threadsafe(self._flowing.set)

    def lead_to(self, url: str) -> None:
        """Lead new connections to another server, as DNS does after a failover; open ones stay where they are."""
        self._target = _address(url)

    def cut(self) -> int:
        """Reset all connections, and return how many there were; new ones are taken."""
        return self._thread.run(self._cut())

    def delay(self, seconds: float) -> None:
        """Let each reply come so much later."""
        self._latency = seconds

    def lose_reply(self, *seen: bytes, answered: bytes = b"") -> LostReply:
        """Lose the next reply of that kind, once."""
        self._lost = LostReply(*seen, answered=answered)
        return self._lost

    async def _cut(self) -> int:
        cut = list(self._connections)
        for connection in cut:
            connection.reset()
        return len(cut)

    async def _stop_listening(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_made += 1
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        connection = _Connection(writer, server_writer)
        self._connections.add(connection)
        try:
            with contextlib.suppress(OSError):
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._requests(reader, connection))
                    pumps.create_task(self._replies(server_reader, connection))
        except* OSError:
            pass  # one side has gone, and `reset` tells the other
        finally:
            self._connections.discard(connection)
            connection.reset()

    async def _requests(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._flowing.wait()
            connection.sent = (connection.sent + chunk)[-_REMEMBERED:]
            connection.server.write(chunk)
            await connection.server.drain()
        connection.server.write_eof()

    async def _replies(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._flowing.wait()
            lost = self._lost
            connection.received = (connection.received + chunk)[-_REMEMBERED:]
            if lost is not None and lost.is_this(connection.sent, connection.received):
                lost.happen()
                connection.reset()
                return
            await asyncio.sleep(self._latency)
            connection.client.write(chunk)
            await connection.client.drain()
        connection.client.write_eof()


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None, "the URL needs a host and a port"
    return parts.hostname, parts.port


class _Connection:
    """`sent` and `received` are the ends of what its client has sent and the server has answered."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client, self.server = client, server
        self.sent = self.received = b""

    def reset(self) -> None:
        _reset(self.client)
        self.server.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close it with RST: what was sent and not yet read is lost, as when the other machine is gone."""
    peer = writer.get_extra_info("socket")
    if peer is not None and not writer.is_closing():
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

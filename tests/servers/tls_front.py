"""TLS for servers that were built without it: it ends here, and goes on in the clear over the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import trustme

from tests.servers.loop_thread import LoopThread

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What a PostgreSQL client sends in the clear, before it speaks TLS (protocol documentation, "SSLRequest")."""
_CHUNK = 65_536


class TlsFront:
    """On a port of the loopback. Its certificate is for localhost; clients trust it by the file `authority`."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None, "the URL needs a host and a port"
        self._target = (parts.hostname, parts.port)
        self._is_postgres = parts.scheme.startswith("postgres")
        self.authority = folder / "authority.pem"
        self._context = _context(self.authority)
        self._thread = LoopThread("tls-front")
        at_once = None if self._is_postgres else self._context
        self._server = self._thread.run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=at_once))
        port = self._server.sockets[0].getsockname()[1]
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        scheme = parts.scheme if self._is_postgres else "rediss"
        self.url = parts._replace(scheme=scheme, netloc=f"{login}localhost:{port}").geturl()
        self.connections_encrypted = 0
        self._serving: set[asyncio.Task[None]] = set()

    def __enter__(self) -> TlsFront:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.run(self._stop_listening())
        self._thread.close()

    async def _stop_listening(self) -> None:
        """Nothing is left open: a client may have gone just now, and its connection not yet been noticed to end."""
        self._server.close()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self._is_postgres:
                if await reader.readexactly(8) != _SSL_REQUEST:
                    writer.transport.abort()  # as `hostssl` alone in pg_hba.conf: none but encrypted ones
                    return
                writer.write(b"S")
                await writer.start_tls(self._context)
            self.connections_encrypted += 1
            server_reader, server_writer = await asyncio.open_connection(*self._target)
            try:
                await asyncio.gather(_pump(reader, server_writer), _pump(server_reader, writer))
            finally:
                for each in (writer, server_writer):
                    each.transport.abort()
                    with contextlib.suppress(OSError):
                        await each.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass all on, and the end of it as the end of both directions: TLS has no half-closed connection."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


def _context(authority: Path) -> ssl.SSLContext:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(authority))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context

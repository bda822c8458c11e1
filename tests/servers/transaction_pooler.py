"""A small pooler in transaction mode, for machines without pgbouncer, with the traits that break clients.

A client has a server connection from the first message of a transaction to its end, and the next transaction may be on
another one. Nothing is reset in between, and nothing is carried over: LISTEN, SET, advisory locks and named prepared
statements stay behind on the connection they were made on, as with pgbouncer before 1.21.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import struct
from types import TracebackType
from urllib.parse import urlsplit

from tests.servers import pg_messages as pg
from tests.servers.loop_thread import LoopThread
from tests.servers.pg_messages import Message
from tests.servers.pooled_connections import PooledConnections, ServerConnection

_PASSED_AT_START = {"user", "database", "client_encoding", "datestyle", "timezone", "standard_conforming_strings"}
_IGNORED_AT_START = {"application_name"}


class TransactionPooler:
    """On a port of the loopback, before the server of a URL, with `size` connections for each user of a database."""

    name = "the tests' own pooler, transaction mode"

    def __init__(self, url: str, size: int = 2) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None, "the URL needs a host and a port"
        self._target = (parts.hostname, parts.port)
        self._size = size
        self._pools: dict[tuple[str, str], PooledConnections] = {}
        self._clients: dict[bytes, _Client] = {}
        self._numbers = itertools.count(1)
        self._thread = LoopThread("transaction-pooler")
        self._server = self._thread.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        port = self._server.sockets[0].getsockname()[1]
        self.url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()

    def __enter__(self) -> TransactionPooler:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.run(self._stop_listening())
        self._thread.close()

    async def _stop_listening(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                parameters = await self._greet(reader, writer)
                if parameters is not None:
                    await self._session(reader, writer, parameters)
        finally:
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str] | None:
        """Return the parameters of a client that wants a session, and None for one that does not or may not."""
        code, body = await pg.read_first(reader)
        while code in pg.ENCRYPTION:
            writer.write(b"N")
            code, body = await pg.read_first(reader)
        if code == pg.CANCEL:
            await self._cancel(body)
            return None
        parameters = pg.parameters_of(body)
        strange = parameters.keys() - _PASSED_AT_START - _IGNORED_AT_START
        if strange:
            writer.write(pg.error("08P01", f"unsupported startup parameter: {min(strange)}").encoded())
            return None
        return {name: value for name, value in parameters.items() if name in _PASSED_AT_START}

    async def _session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parameters: dict[str, str]
    ) -> None:
        pool = self._pool_for(parameters)
        key = struct.pack("!ii", next(self._numbers), 0)
        client = self._clients[key] = _Client(writer, pool)
        try:
            await client.welcome(key)
            while (message := await pg.read_message(reader)).kind != pg.TERMINATE:
                await client.pass_on(message)
        finally:
            del self._clients[key]
            client.leave()

    async def _cancel(self, key: bytes) -> None:
        client = self._clients.get(key)
        if client is not None and client.server is not None:
            _, writer = await asyncio.open_connection(*self._target)
            writer.write(struct.pack("!ii", 16, pg.CANCEL) + client.server.key)
            writer.close()

    def _pool_for(self, parameters: dict[str, str]) -> PooledConnections:
        key = (parameters["user"], parameters.get("database", parameters["user"]))
        if key not in self._pools:
            self._pools[key] = PooledConnections(self._target, parameters, self._size)
        return self._pools[key]


class _Client:
    """`server` is the connection that it has for its transaction."""

    def __init__(self, writer: asyncio.StreamWriter, pool: PooledConnections) -> None:
        self._writer, self._pool = writer, pool
        self.server: ServerConnection | None = None

    async def welcome(self, key: bytes) -> None:
        """Tell it the settings of some server connection."""
        server = await self._pool.take()
        self._pool.give_back(server)
        for message in (pg.AUTHENTICATION_OK, *server.settings, Message(b"K", key), pg.READY):
            self._writer.write(message.encoded())

    async def pass_on(self, message: Message) -> None:
        if self.server is None:
            self.server = await self._pool.take()
            self.server.receive = self._receive
        self.server.send(message)

    def leave(self) -> None:
        if self.server is not None:
            self._pool.give_back(self.server)
            self.server = None

    def _receive(self, message: Message | None) -> None:
        """None: the server has closed the connection."""
        if message is None:
            self._writer.close()
            return
        self._writer.write(message.encoded())
        if self.server is not None and self.server.is_idle:
            self.leave()

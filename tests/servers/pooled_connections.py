"""The server side of a pooler: a few connections of one user to one database, lent to clients in turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping

from tests.servers import pg_messages as pg
from tests.servers.pg_messages import Message

_ENDS_REQUEST = (b"Q", b"S", b"F")
_BELONGS_TO_BATCH = (b"P", b"B", b"D", b"E", b"C", b"H")
_READY, _KEY, _SETTING, _ERROR = b"Z", b"K", b"S", b"E"


class ServerConnection:
    """What it receives goes to whoever has it now, and to nobody when nobody has: a notification is lost then."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._owed = 0
        self._has_open_batch = False
        self._status = b"I"
        self.settings: list[Message] = []
        self.key = b""
        self.receive: Callable[[Message | None], None] | None = None
        """Takes what the server says, and None when it has closed the connection."""
        self.is_open = True

    @classmethod
    async def open(cls, target: tuple[str, int], parameters: Mapping[str, str]) -> ServerConnection:
        """Return it once it is ready. The server must trust the user. Raises OSError."""
        connection = cls(*await asyncio.open_connection(*target))
        await connection._start(parameters)
        return connection

    def send(self, message: Message) -> None:
        if message.kind in _ENDS_REQUEST:
            self._owed += 1
            self._has_open_batch = False
        elif message.kind in _BELONGS_TO_BATCH:
            self._has_open_batch = True
        self._writer.write(message.encoded())

    @property
    def is_idle(self) -> bool:
        """Whether all is answered and no transaction is open."""
        return self._owed == 0 and not self._has_open_batch and self._status == b"I"

    def close(self) -> None:
        self.is_open = False
        self._writer.transport.abort()

    def _take(self, message: Message) -> None:
        if message.kind == _READY:
            self._owed -= 1
            self._status = message.body
        if self.receive is not None:
            self.receive(message)

    async def _start(self, parameters: Mapping[str, str]) -> None:
        self._writer.write(pg.startup(parameters))
        while (message := await pg.read_message(self._reader)).kind != _READY:
            if message.kind == _SETTING:
                self.settings.append(message)
            elif message.kind == _KEY:
                self.key = message.body
            elif message.kind == _ERROR:
                raise ConnectionError(message.body.decode(errors="replace"))

    async def pump(self) -> None:
        """Pass on what the server says, until it closes the connection."""
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    self._take(await pg.read_message(self._reader))
        finally:
            self.close()
        if self.receive is not None:
            self.receive(None)


class PooledConnections:
    """`size` connections, each made when it is first needed; the one that has rested longest is lent next."""

    def __init__(self, target: tuple[str, int], parameters: Mapping[str, str], size: int) -> None:
        self._target, self._parameters = target, parameters
        self._free = asyncio.Semaphore(size)
        self._places: deque[ServerConnection | None] = deque([None] * size)
        self._pumps: set[asyncio.Task[None]] = set()

    async def take(self) -> ServerConnection:
        """Wait for one, and have it alone until it is given back. Raises OSError, IncompleteReadError."""
        await self._free.acquire()
        place = self._places.popleft()
        if place is not None and place.is_open:
            return place
        try:
            connection = await ServerConnection.open(self._target, self._parameters)
        except BaseException:
            self._put_back(None)
            raise
        pump = asyncio.create_task(connection.pump())
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        return connection

    def give_back(self, connection: ServerConnection) -> None:
        """One that is in a transaction is closed: its client has left it there."""
        connection.receive = None
        if not connection.is_idle:
            connection.close()
        self._put_back(connection)

    def _put_back(self, place: ServerConnection | None) -> None:
        self._places.append(place)
        self._free.release()

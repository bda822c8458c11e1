"""A Redis or Valkey server of our own on the loopback: made, started, killed, frozen."""

from __future__ import annotations

import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.free_port import free_port
from tests.servers.server_process import ServerProcess
from tests.servers.unprivileged import reachable_program

_ATTEMPTS = 10
_FAST = {"save": "", "appendonly": "no"}
_DURABLE = {"save": "", "appendonly": "yes", "appendfsync": "always"}


class RedisInstance:
    """`folder` belongs to the servers' user. `durable`: each write is on disk before its reply, for tests that kill it.

    `settings` are those of redis.conf; `leading` are arguments before them, a file of more settings for example.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        *,
        durable: bool = False,
        settings: Mapping[str, str] | None = None,
        leading: Sequence[str | Path] = (),
    ) -> None:
        self.folder = folder
        self._program = reachable_program(program, folder)
        self._settings = (_DURABLE if durable else _FAST) | dict(settings or {})
        self._leading = leading
        self._process: ServerProcess | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def process(self) -> ServerProcess:
        assert self._process is not None, "start it first"
        return self._process

    def start(self) -> None:
        """Return once it answers; on the same port again after it was stopped or killed."""
        for _ in range(_ATTEMPTS):
            port = self.port or free_port()
            self._process = ServerProcess([self._program, *self._leading, *self._arguments(port)], self.folder)
            if self._process.wait_until(lambda port=port: answers_ping(port)):  # type: ignore[misc]
                self.port = port
                return
        raise RuntimeError(f"Redis does not start:\n{self.process.log()}")

    def stop(self) -> None:
        self.process.stop(signal.SIGTERM)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def _arguments(self, port: int) -> list[str]:
        fixed = {"port": str(port), "bind": "127.0.0.1", "dir": str(self.folder)}
        return [part for name, value in (fixed | self._settings).items() for part in (f"--{name}", value)]


def answers_ping(port: int) -> bool:
    """Whether a server there is past loading its data. One that wants a password first counts."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False

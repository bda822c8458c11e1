"""A PostgreSQL server of our own on the loopback: made, started, killed, frozen."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

from tests.servers.free_port import free_port
from tests.servers.server_process import ServerProcess, run_as_server
from tests.servers.unprivileged import reachable_program

USER = "backstage"
_ATTEMPTS = 10
_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "4GB"}
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


class PostgresInstance:
    """`folder` belongs to the servers' user. `durable`: as in production, for tests that kill it."""

    def __init__(
        self, program: Path, folder: Path, *, durable: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._program = reachable_program(program, folder)
        self._settings = _ALWAYS | (_DURABLE if durable else _FAST) | dict(settings or {})
        self._process: ServerProcess | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Of its database `postgres`; its user is a superuser and needs no password."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    @property
    def process(self) -> ServerProcess:
        assert self._process is not None, "start it first"
        return self._process

    def start(self) -> None:
        """Return once it takes connections; on the same port again after it was stopped or killed."""
        if not self._data.exists():
            self._initialise()
        for _ in range(_ATTEMPTS):
            port = self.port or free_port()
            settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
            self._forget_last_run()
            self._process = ServerProcess([self._program, "-D", self._data, "-p", str(port), *settings], self.folder)
            if self._process.wait_until(self._is_ready):
                self.port = port
                return
        raise RuntimeError(f"PostgreSQL does not start:\n{self.process.log()}")

    def stop(self) -> None:
        """End it as `pg_ctl stop -m fast` does."""
        self.process.stop(signal.SIGINT)

    def kill(self) -> None:
        """kill -9 of the server and all its backends: as after a power cut, it recovers from its log."""
        if self._process is not None:
            self._process.kill()

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def _initialise(self) -> None:
        options = (f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        run_as_server([self._program.with_name("initdb"), "-D", self._data, *options], self.folder)

    def _is_ready(self) -> bool:
        """Its lock file ends with its status, which says more than an open port: it may still be recovering."""
        lines = self._lock_file.read_text().splitlines() if self._lock_file.exists() else []
        return len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def _forget_last_run(self) -> None:
        """Remove a killed server's lock file: its process id may by now be another process's."""
        self._lock_file.unlink(missing_ok=True)

    @property
    def _lock_file(self) -> Path:
        return self._data / "postmaster.pid"

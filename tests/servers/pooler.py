"""The pooler that tests put before PostgreSQL: pgbouncer when the machine has it, else our own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from tests.servers.free_port import free_port
from tests.servers.server_process import ServerProcess
from tests.servers.transaction_pooler import TransactionPooler
from tests.servers.unprivileged import give_to_server, new_folder

_ATTEMPTS = 10
_CONFIGURATION = """
[databases]
* = host={host} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
"""


def pgbouncer() -> Path | None:
    found = shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin")))
    return Path(found) if found else None


class PgBouncer:
    """In transaction mode, with `size` server connections for each database."""

    def __init__(self, program: Path, url: str, size: int = 2) -> None:
        parts = urlsplit(url)
        self.name = f"{program}, transaction mode"
        self._folder = new_folder("pgbouncer")
        for _ in range(_ATTEMPTS):
            port = free_port()
            file = self._folder / "pgbouncer.ini"
            file.write_text(
                _CONFIGURATION.format(
                    host=parts.hostname, server_port=parts.port, user=parts.username, port=port, size=size
                )
            )
            give_to_server(file)
            self._process = ServerProcess([program, file], self._folder)
            if self._process.wait_until(lambda port=port: _listens(port)):  # type: ignore[misc]
                self.url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
                return
        raise RuntimeError(f"pgbouncer does not start:\n{self._process.log()}")

    def __enter__(self) -> PgBouncer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.stop(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)


def pooler_for(url: str, size: int = 2) -> PgBouncer | TransactionPooler:
    program = pgbouncer()
    return TransactionPooler(url, size) if program is None else PgBouncer(program, url, size)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

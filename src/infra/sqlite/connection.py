"""The one way a connection to the file is made, so that no pragma is ever lost on a reconnect."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Literal

from backstage.domain.deferred_dataclass import dataclass
from backstage.infra.sqlite.reserve import Reserve
from backstage.infra.sqlite.store_errors import is_busy, may_lack_room

Synchronous = Literal["full", "normal"]
_LEVELS: dict[Synchronous, int] = {"normal": 1, "full": 2}
WAL_BYTES = 16 * 1024 * 1024
_STATEMENTS_KEPT = 128


@dataclass(frozen=True, slots=True)
class Connector:
    """Connects to an existing file. `busy_timeout` is seconds to wait for another process's write lock.

    `wal_bytes` is the size near which the WAL is kept: see checkpoints.py.
    """

    path: Path
    synchronous: Synchronous
    busy_timeout: float
    wal_bytes: int = WAL_BYTES

    def connect(self) -> sqlite3.Connection:
        """Return a connection in autocommit mode that any one thread at a time may use. Raises sqlite3.Error.

        On a full disk the reserve is spent: the first connection makes files that have to lie somewhere.
        """
        try:
            return self._connect()
        except sqlite3.Error as error:
            if not (may_lack_room(error) and Reserve(self.path).spend()):
                raise
        return self._connect()

    def connect_reader(self) -> sqlite3.Connection:
        """Return a connection that refuses to write. Raises sqlite3.Error."""
        connection = self.connect()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",  # never creates: the file's mode is ours to set, see location.py
            uri=True,
            timeout=self.busy_timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS_KEPT,
        )
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        # A checkpoint that SQLite makes by itself may run beside another process's commit: the WAL-reset bug.
        with closing(connection.execute("PRAGMA wal_autocheckpoint = 0")):
            pass
        # mmap_size stays 0: with it, that bug does more harm where connections of others still bring it about.
        self._enter_wal(connection)
        for pragma in (
            f"PRAGMA synchronous = {_LEVELS[self.synchronous]}",
            f"PRAGMA journal_size_limit = {self.wal_bytes}",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA trusted_schema = OFF",
        ):
            with closing(connection.execute(pragma)):
                pass
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        if level != _LEVELS[self.synchronous]:
            raise sqlite3.OperationalError(f"synchronous is {level}, not {_LEVELS[self.synchronous]}")

    def _enter_wal(self, connection: sqlite3.Connection) -> None:
        # SQLite does not call its busy handler for this one, so processes that open a new file at once must take turns.
        deadline = time.monotonic() + self.busy_timeout
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                if mode != "wal":
                    raise sqlite3.OperationalError(f"journal mode is {mode}: this file system cannot hold a WAL")
                return

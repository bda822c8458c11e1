"""Moving the WAL into the file, at moments when nobody can commit: decision 0108 says why."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.location import FileIdentity

_FIRST_PATIENCE, _LONGEST_PATIENCE = 0.01, 0.1
_WORTH_SHRINKING = 64 * 1024


class Checkpoints:
    """Keeps the WAL near `connector.wal_bytes`. A checkpoint runs while the caller's connection holds the write lock.

    The WAL is written from its start again by the first commit that finds it moved whole and no reader in it. A
    reader that stays too long puts that off: the next try comes when the WAL has grown by a quarter.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._wal = connector.path.with_name(f"{connector.path.name}-wal")
        self._next_at = connector.wal_bytes
        self._patience = 0.0

    def run_if_due(self, connection: sqlite3.Connection, identity: FileIdentity) -> None:
        """Make a checkpoint if the WAL has grown enough; `connection` has no transaction open. Raises sqlite3.Error.

        Raises StorageUnavailableError when the file at the path is no longer the one that `connection` is to.
        """
        size = self._size()
        if size <= self._connector.wal_bytes:
            self._next_at, self._patience = self._connector.wal_bytes, 0.0
        elif size > self._next_at:
            self._run(connection, identity, self._patience)
            self._next_at = size + size // 4
            self._patience = min(max(2 * self._patience, _FIRST_PATIENCE), _LONGEST_PATIENCE)

    def shrink(self, connection: sqlite3.Connection, identity: FileIdentity) -> None:
        """Give what the WAL takes up back to the disk, unless that is little. Raises as `run_if_due` does."""
        if self._size() <= _WORTH_SHRINKING:
            return
        self._run(connection, identity, patience=0.0)
        connection.execute("PRAGMA journal_size_limit = 0").fetchall()
        try:
            self._write_something(connection)  # the commit that begins the WAL anew cuts it to the limit
        finally:
            connection.execute(f"PRAGMA journal_size_limit = {self._connector.wal_bytes}").fetchall()

    def _run(self, connection: sqlite3.Connection, identity: FileIdentity, patience: float) -> None:
        with closing(self._connector.connect()) as checkpointer:
            connection.execute("BEGIN IMMEDIATE")
            try:
                identity.check()  # else the lock would be on one file, the checkpoint on another
                if not _is_moved_whole(checkpointer) and patience:
                    time.sleep(patience)  # readers that began before the last commit leave meanwhile
                    _is_moved_whole(checkpointer)
                if patience:
                    time.sleep(patience)  # those that read the WAL leave, and those that come read the file alone
            finally:
                connection.execute("COMMIT")

    def _size(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    @staticmethod
    def _write_something(connection: sqlite3.Connection) -> None:
        (number,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {number}").fetchall()


def _is_moved_whole(checkpointer: sqlite3.Connection) -> bool:
    """Move what readers allow and return whether that is everything.

    PASSIVE, for it takes no write lock of its own: that lock is held beside it, on the other connection. FULL, RESTART
    and TRUNCATE would ask for it and, when they do not get it, go on without one.
    """
    busy, frames, moved = checkpointer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return not busy and frames == moved

"""What an operation sees of the transaction it runs in."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from backstage.domain.ports.clock import Clock
from backstage.infra.moments import ticks
from backstage.infra.sqlite.counts import CountChanges


class Transaction:
    """One open write transaction. `boot` is the number of the host's present boot."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, boot: int) -> None:
        self._connection, self._clock, self.boot = connection, clock, boot
        self.cursor = self.new_cursor()
        self.counts = CountChanges()
        self.makes_work = False
        """Set by an operation after which waiting workers should look."""

    def new_cursor(self) -> sqlite3.Cursor:
        """A cursor of its own, for statements that are read while others run; rows are plain tuples."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor

    def now(self) -> datetime:
        return self._clock.now()

    def boot_ticks(self) -> int:
        """The boot clock, in microseconds."""
        return ticks(self._clock.monotonic())

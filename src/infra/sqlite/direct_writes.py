"""Writing in the thread of whoever asks, where that needs no waiting."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Generic, TypeVar

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.clock import Clock
from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.location import FileIdentity
from backstage.infra.sqlite.transaction import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What the operation returned, and whether it made work for others."""

    value: T
    makes_work: bool


class DirectWrites:
    """A connection beside the writer's, which waits for no lock (decision 0110).

    One thread at a time may use it. It is made when it is first used, and again after any error.
    """

    def __init__(self, connector: Connector, clock: Clock) -> None:
        self._connector, self._clock = replace(connector, busy_timeout=0.0), clock
        self._connection: sqlite3.Connection | None = None
        self._is_open = False

    def start(self, identity: FileIdentity) -> None:
        self._identity, self._is_open = identity, True

    def stop(self) -> None:
        self._is_open = False
        self._disconnect()

    def attempt(self, operation: Callable[[Transaction], T], boot: int) -> Written[T] | None:
        """Make the operation and commit it; None, with nothing done, where it would have to wait or the store fails:
        the writer's thread tries then, and says what is wrong. Raises what the operation raises beside sqlite3.Error.
        """
        try:
            return self._write(operation, boot) if self._is_open else None
        except sqlite3.Error:
            self._disconnect()
            return None

    def _write(self, operation: Callable[[Transaction], T], boot: int) -> Written[T] | None:
        self._identity.check()
        if self._connection is None:
            self._connection = self._connector.connect()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return None  # another connection writes
        transaction = Transaction(self._connection, self._clock, boot)
        try:
            with closing(transaction.cursor):
                value = operation(transaction)
                transaction.counts.keep()
                transaction.counts.flush(transaction.cursor)
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        return Written(value, transaction.makes_work)

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

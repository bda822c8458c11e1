"""The backend's one reader: reads never queue behind writes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from typing import TypeVar, cast

from backstage.infra.sqlite.any_bytes import with_any_bytes
from backstage.infra.sqlite.calls import Call, CallThread, opened
from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.location import FileIdentity
from backstage.infra.sqlite.store_errors import is_busy, is_of_the_store, translate

T = TypeVar("T")
_GROUP_LIMIT = 16


class Reader:
    """Runs each operation on a snapshot of what is committed when it begins."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._connection: sqlite3.Connection | None = None
        self._thread: CallThread | None = None

    def start(self) -> None:
        """Begin to read the file, which exists and is migrated."""
        self._identity = FileIdentity.of(self._connector.path)
        self._thread = CallThread("backstage-sqlite-reader", self._serve, self._disconnect, group_limit=_GROUP_LIMIT)

    async def run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        return cast(T, await opened(self._thread).call(operation))

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def _serve(self, group: list[Call]) -> None:
        for call in group:
            try:
                call.result = self._on_a_snapshot(call)
            except sqlite3.Error as error:
                call.error = translate(error, self._connector.path)
                call.error.__cause__ = error
                if is_of_the_store(error) and not is_busy(error):
                    self._disconnect()
            except Exception as error:  # the caller's to handle
                call.error = error

    def _on_a_snapshot(self, call: Call) -> object:
        self._identity.check()
        if self._connection is None:
            self._connection = self._connector.connect_reader()
        self._connection.execute("BEGIN")
        try:
            return with_any_bytes(self._connection, call.operation, self._connection)
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

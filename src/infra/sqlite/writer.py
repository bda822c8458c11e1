"""The backend's one writer: whatever waits is done in one transaction (decision 0101)."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TypeVar, cast

from backstage.domain.errors import StorageFullError, StorageUnavailableError
from backstage.domain.ports.clock import Clock
from backstage.infra.sqlite.any_bytes import is_of_foreign_bytes, showing_foreign_bytes
from backstage.infra.sqlite.calls import Call, CallThread, Purpose, opened
from backstage.infra.sqlite.checkpoints import Checkpoints
from backstage.infra.sqlite.connection import Connector
from backstage.infra.sqlite.direct_writes import DirectWrites, Written
from backstage.infra.sqlite.location import FileIdentity
from backstage.infra.sqlite.reserve import Reserve
from backstage.infra.sqlite.store_errors import is_busy, is_full, is_of_the_store, translate
from backstage.infra.sqlite.transaction import Transaction

T = TypeVar("T")
_GROUP_LIMIT = 256
_LOOKED_AT_THE_WAL = 64
"""Direct writes between two looks at how large it is."""


class Writer:
    """Runs operations on its own thread and connection, in the order they were asked for.

    All that wait are one transaction, so many callers share one fsync; each is a savepoint, so one that is refused
    undoes only itself. Answers are given after COMMIT. `wake` is called, on the thread, after a commit that made work.
    """

    def __init__(self, connector: Connector, clock: Clock, wake: Callable[[], None]) -> None:
        self._connector, self._clock, self._wake = connector, clock, wake
        self._reserve = Reserve(connector.path)
        self._checkpoints = Checkpoints(connector)
        self._connection: sqlite3.Connection | None = None
        self._thread: CallThread | None = None
        self._turn = threading.Lock()
        self._direct = DirectWrites(connector, clock)
        self._direct_writes = 0

    def start(self, boot: int) -> None:
        """Begin to write to the file, which exists and is migrated; `boot` is the number of the host's present boot."""
        self.go_by(boot)
        self._identity = FileIdentity.of(self._connector.path)
        self._reserve.restore()
        self._direct.start(self._identity)
        self._thread = CallThread(
            "backstage-sqlite-writer", self._serve, self._disconnect, rest=self._tidy, group_limit=_GROUP_LIMIT
        )

    def go_by(self, boot: int) -> None:
        """Take this for the number of the host's present boot."""
        self._boot = boot

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_running

    async def run(self, operation: Callable[[Transaction], T]) -> T:
        """Return what `operation` returned, once it is committed. What it raises undoes it alone."""
        return cast(T, await opened(self._thread).call(operation))

    async def enqueue(self, operation: Callable[[Transaction], T]) -> T:
        """The same for an operation that brings new tasks, which may not use up the last room on the disk."""
        return cast(T, await opened(self._thread).call(operation, Purpose.ENQUEUE))

    def put(self, operation: Callable[[Transaction], T], answer: asyncio.Future[T]) -> None:
        """As `enqueue`, with the answer in a future of the running loop. Raises what a closed store raises."""
        opened(self._thread).put(Call(operation, Purpose.ENQUEUE, answer.get_loop(), answer))

    @property
    def never_waits_for_the_disk(self) -> bool:
        return self._connector.synchronous == "normal"

    def enqueue_in_this_thread(self, operation: Callable[[Transaction], T]) -> T:
        """The same as `enqueue` for a thread without an event loop, which makes the operation itself if it can."""
        written = self.attempt(operation)
        if written is not None:
            return written.value
        return cast(T, opened(self._thread).call_and_wait(operation, Purpose.ENQUEUE))

    def attempt(self, operation: Callable[[Transaction], T]) -> Written[T] | None:
        """What the operation, which brings new tasks, returned, once it is committed by the calling thread itself.

        None, with nothing done, unless nobody else writes and there is room. Raises what the operation raises.
        """
        thread = opened(self._thread)
        if not thread.is_idle or self._reserve.is_spent or not self._turn.acquire(blocking=False):
            return None
        try:
            written = self._direct.attempt(operation, self._boot)
        finally:
            self._turn.release()
        if written is None:
            return None
        if written.makes_work:
            self._wake()
        self._direct_writes += 1
        if self._direct_writes % _LOOKED_AT_THE_WAL == 0:
            thread.rest_soon()
        return written

    def stop(self) -> None:
        """Return once every call made before has been answered, and no thread writes itself any more: its connection
        must not be closed under its hands."""
        if self._thread is None:
            return
        self._thread.stop()
        if not self._thread.is_of_this_process:  # where whoever wrote at the fork would never end
            self._turn = threading.Lock()
        with self._turn:
            self._direct.stop()

    def _serve(self, group: list[Call]) -> None:
        with self._turn:
            self._serve_alone(group)

    def _serve_alone(self, group: list[Call]) -> None:
        self._identity.check()
        try:
            self._connected()  # first of all, for it may have to spend the reserve
            if self._reserve.is_spent and not self._has_room_again():
                group = self._refuse_new_tasks(group)
            if not group:
                return
            self._commit(self._with_late(group))
        except sqlite3.Error as error:
            self._recover(error)
            if is_full(error):
                self._one_by_one(group)
            else:
                self._fail(group, error)

    def _has_room_again(self) -> bool:
        """Whether the reserve could be restored; what a grown WAL takes up is given back to the disk for it."""
        if self._reserve.restore():
            return True
        with contextlib.suppress(sqlite3.Error, StorageUnavailableError):
            self._checkpoints.shrink(self._connected(), self._identity)
        return self._reserve.restore()

    def _tidy(self) -> None:
        """Make a checkpoint if one is due, once the callers have their answers."""
        if self._connection is None:
            return
        try:
            self._checkpoints.run_if_due(self._connection, self._identity)
        except sqlite3.Error as error:
            self._recover(error)  # nothing is lost: the next commit tries again
        except StorageUnavailableError:
            pass  # the next call is told that the file is gone

    def _refuse_new_tasks(self, group: list[Call]) -> list[Call]:
        for call in group:
            if call.purpose is Purpose.ENQUEUE:
                call.error = StorageFullError(f"{self._connector.path}: no room for new tasks: free space on its disk")
        return [call for call in group if call.error is None]

    def _one_by_one(self, group: list[Call]) -> None:
        """Without room for all, each has its own try; what carries tasks on may spend the reserve."""
        for call in group:
            try:
                self._commit([call])
            except sqlite3.Error as error:
                self._recover(error)
                if is_full(error) and call.purpose is Purpose.CARRY_ON and self._reserve.spend():
                    self._last_try(call)
                else:
                    self._fail([call], error)

    def _last_try(self, call: Call) -> None:
        try:
            self._commit([call])
        except sqlite3.Error as error:
            self._recover(error)
            self._fail([call], error)

    def _with_late(self, group: list[Call]) -> Iterator[Call]:
        """Yield the calls of the group, then those that came while these were made: added to it, they share its commit.

        A claim follows a settle so closely that it would else wait for an fsync of its own.
        """
        yield from tuple(group)
        if not self._reserve.is_spent:
            late = opened(self._thread).take_late(group)
            group += late
            yield from late

    def _commit(self, group: Iterable[Call]) -> None:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(connection, self._clock, self._boot)
        # Closed by name: an error's traceback would keep the cursor, and with it a closed connection's files, open.
        with closing(transaction.cursor):
            for call in group:
                self._make(call, transaction)
            transaction.counts.flush(transaction.cursor)
        connection.execute("COMMIT")
        if transaction.makes_work:
            self._wake()

    def _make(self, call: Call, transaction: Transaction) -> None:
        cursor = transaction.cursor
        cursor.execute("SAVEPOINT call")
        call.error = None
        try:
            call.result = self._result_of(call, transaction)
        except Exception as error:  # the caller's to handle: it must not hurt the neighbours
            if isinstance(error, sqlite3.Error) and is_of_the_store(error):
                raise
            cursor.execute("ROLLBACK TO call")
            transaction.counts.drop()
            if isinstance(error, sqlite3.Error):
                self._fail([call], error)
            else:
                call.error = error
        else:
            transaction.counts.keep()
        cursor.execute("RELEASE call")

    def _result_of(self, call: Call, transaction: Transaction) -> object:
        try:
            return call.operation(transaction)
        except sqlite3.OperationalError as error:
            if not is_of_foreign_bytes(error):
                raise
        transaction.cursor.execute("ROLLBACK TO call")
        transaction.counts.drop()
        return showing_foreign_bytes(self._connected(), call.operation, transaction)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connector.connect()
        return self._connection

    def _recover(self, error: sqlite3.Error) -> None:
        """Leave no transaction open; after anything but a lock or a full disk, start from a new connection."""
        if self._connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        if self._connection.in_transaction or not (is_busy(error) or is_full(error)):
            self._disconnect()

    def _fail(self, group: list[Call], error: sqlite3.Error) -> None:
        for call in group:
            call.error = translate(error, self._connector.path)
            call.error.__cause__ = error

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

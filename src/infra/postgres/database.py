from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import asyncpg

from backstage.domain.errors import ConfigurationError, StorageUnavailableError, TaskError
from backstage.domain.opening import Opening
from backstage.infra.postgres.connection_pool import ConnectionPool
from backstage.infra.postgres.connections_taken import pool_size
from backstage.infra.postgres.connector import CONNECT_TIMEOUT, Connector
from backstage.infra.postgres.session import Session, Step, attempt, is_read_only

T = TypeVar("T")


class Database:
    """A pool of connections, which belongs to the event loop that opened it; calls from other loops hop there
    (decision 0408).

    A step goes on to its end when its caller is cancelled, so no answer is ever left for the next user of a connection.
    """

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self._pool: ConnectionPool | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()
        self._steps: set[asyncio.Task[Any]] = set()

    @property
    def is_open(self) -> bool:
        return self._pool is not None and self._pid == os.getpid()

    def open(self, opening: Opening, connection: asyncpg.Connection[Any]) -> None:
        """Make the pool, with its first connection; others are made when they are needed, and closed when they are
        not."""
        self._pid = os.getpid()
        self._home = asyncio.get_running_loop()
        self._pool = ConnectionPool(self.connector, pool_size(self.connector.location.pool_size, opening))
        self._pool.adopt(connection)

    def open_again(self, opening: Opening) -> None:
        """For a process that is about to do something else."""
        if self._pool is not None:
            self._pool.size = pool_size(self.connector.location.pool_size, opening)

    async def close(self) -> None:
        """Let steps that were begun come to their end, and free all connections."""
        pool, self._pool = self._pool, None
        if pool is None or self._pid != os.getpid():
            return
        if asyncio.get_running_loop() is not self._home:
            pool.terminate()  # its loop is over, or busy with something else
            return
        if self._steps:
            await asyncio.wait(self._steps, timeout=self.connector.location.command_timeout)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await pool.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pool.terminate()

    async def run(self, step: Step[T]) -> T:
        """Make the step on a connection of the pool, whatever loop this is called on."""
        return await self.at_home(self._to_the_end(step))

    async def at_home(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop that opened the store."""
        try:
            self._check()
        except BaseException:
            work.close()
            raise
        return await (work if asyncio.get_running_loop() is self._home else self._hop(work))

    def call_at_home(self, call: Callable[[], None]) -> None:
        """Call a function on the loop that opened the store, soon; from any thread."""
        if self.is_open and self._home is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._home.call_soon_threadsafe(call)

    def _check(self) -> None:
        if self._pid != os.getpid():
            raise ConfigurationError(
                "postgresql",
                f"was opened in process {self._pid} and used in its child: open a new backend after the fork",
            )
        if self._pool is None:
            raise StorageUnavailableError("the store is not open: open it first")

    async def _hop(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._home is not None
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._home)
        except RuntimeError as error:
            work.close()
            raise StorageUnavailableError("the event loop that opened the store is closed: open it again") from error
        patience = 2 * (self.connector.location.command_timeout + CONNECT_TIMEOUT)
        try:
            async with asyncio.timeout(patience):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise StorageUnavailableError(
                f"the event loop that opened the store did nothing for {patience:g} s"
            ) from error

    async def make(self, step: Step[T]) -> T:
        """The same as `run`, for what `begin` has started: it is at home, and no caller cancels it."""
        return await attempt(self.connector, self._borrow, step)

    async def _to_the_end(self, step: Step[T]) -> T:
        return await asyncio.shield(self.begin(self.make(step)))

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start something on the home loop, from it, that `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._steps.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._steps.discard(task)
        if not task.cancelled():
            task.exception()  # seen, although the caller may be gone

    @contextlib.asynccontextmanager
    async def _borrow(self) -> AsyncIterator[Session]:
        pool = self._pool
        if pool is None:
            raise asyncpg.InterfaceError("the store is closed")
        lent = await pool.take()
        connection, is_sound = lent.connection, False
        try:
            yield Session(connection, self.connector.location.schema, is_pooled=self.connector.is_pooled)
            is_sound = True
        except asyncpg.PostgresError as error:
            self.connector.judge(error, lent.epoch)
            is_sound = True
            raise
        except TaskError:
            is_sound = True
            raise
        except TimeoutError:
            await _cancelled(connection)
            raise
        finally:
            if is_sound and _is_as_it_was(connection):
                pool.give_back(lent)
            else:
                pool.drop(lent)


def _is_as_it_was(connection: asyncpg.Connection[Any]) -> bool:
    return not connection.is_closed() and not connection.is_in_transaction() and not is_read_only(connection)


async def _cancelled(connection: asyncpg.Connection[Any]) -> None:
    """Close a connection whose statement took too long, once the server was asked to give that up."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=CONNECT_TIMEOUT)

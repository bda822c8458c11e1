from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, closing
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening
from backstage.domain.ports.clock import Clock
from backstage.infra.migrations import Migration, MigrationStatus, are_applied, migrations_of
from backstage.infra.sqlite import migrations
from backstage.infra.sqlite.boot import boot_number, present_boot_id
from backstage.infra.sqlite.connection import WAL_BYTES, Connector, Synchronous
from backstage.infra.sqlite.location import parse_url, prepare_file
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.reserve import Reserve
from backstage.infra.sqlite.statements import load_statements
from backstage.infra.sqlite.store_errors import is_not_a_database, may_lack_room, translate
from backstage.infra.sqlite.tasks import SqliteTasks
from backstage.infra.sqlite.wakeup import SqliteWakeup, WakeFolder
from backstage.infra.sqlite.writer import Writer

if TYPE_CHECKING:
    from backstage.domain.finding import Finding
    from backstage.infra.sqlite.archive import SqliteArchive
    from backstage.infra.sqlite.audit_log import SqliteAuditLog
    from backstage.infra.sqlite.broadcasts import SqliteBroadcasts
    from backstage.infra.sqlite.bulk_operations import SqliteBulkOperations
    from backstage.infra.sqlite.control import SqliteControl
    from backstage.infra.sqlite.facts import SqliteFacts
    from backstage.infra.sqlite.queue import SqliteQueue
    from backstage.infra.sqlite.registry import SqliteRegistry
    from backstage.infra.sqlite.run_history import SqliteRunHistory
    from backstage.infra.sqlite.schedules import SqliteSchedules
    from backstage.infra.sqlite.subscriptions import SqliteSubscriptions
    from backstage.infra.sqlite.task_events import SqliteTaskEvents
    from backstage.infra.sqlite.tokens import SqliteTokens
    from backstage.infra.sqlite.type_definitions import SqliteTypeDefinitions

T = TypeVar("T")
_OLDEST = (3, 38, 0)  # STRICT tables, the ->> operator


class SqliteBackend:
    """A store in one file, shared by the processes of one host.

    `synchronous` "full" keeps what was accepted through a power loss, "normal" through a crash of the process or
    the system's programs only. `busy_timeout` is the seconds to wait for another process's write. `boot_id` names
    the host's present boot, in tests; `wal_bytes` is the size near which the WAL is kept. Ports that a light
    command does without are loaded when they are asked for.
    """

    def __init__(
        self,
        path: Path | str,
        clock: Clock,
        *,
        synchronous: Synchronous = "full",
        busy_timeout: float = 30.0,
        boot_id: str | None = None,
        wal_bytes: int = WAL_BYTES,
    ) -> None:
        self.clock = clock
        self._connector = Connector(Path(path).absolute(), synchronous, busy_timeout, wal_bytes)
        self._boot_id = boot_id
        self._name = str(path)
        self._folder = WakeFolder(self._connector.path)
        self._pid = os.getpid()
        self._writer = Writer(self._connector, clock, self._folder.wake_all)
        self._reader = Reader(self._connector)
        self.tasks = SqliteTasks(self._writer, self._reader, clock, self._connector.path)

    @cached_property
    def queue(self) -> SqliteQueue:
        from backstage.infra.sqlite.queue import SqliteQueue  # noqa: PLC0415 - see above

        return SqliteQueue(self._writer, self._reader, self.clock)

    @cached_property
    def control(self) -> SqliteControl:
        from backstage.infra.sqlite.control import SqliteControl  # noqa: PLC0415 - see above

        return SqliteControl(self._writer, self._reader)

    @cached_property
    def registry(self) -> SqliteRegistry:
        from backstage.infra.sqlite.registry import SqliteRegistry  # noqa: PLC0415 - see above

        return SqliteRegistry(self._writer, self._reader, self.clock)

    @cached_property
    def schedules(self) -> SqliteSchedules:
        from backstage.infra.sqlite.schedules import SqliteSchedules  # noqa: PLC0415 - see above

        return SqliteSchedules(self._writer, self._reader)

    @cached_property
    def subscriptions(self) -> SqliteSubscriptions:
        from backstage.infra.sqlite.subscriptions import SqliteSubscriptions  # noqa: PLC0415 - see above

        return SqliteSubscriptions(self._writer, self._reader)

    @cached_property
    def broadcasts(self) -> SqliteBroadcasts:
        from backstage.infra.sqlite.broadcasts import SqliteBroadcasts  # noqa: PLC0415 - see above

        return SqliteBroadcasts(self._writer, self._reader, self.clock)

    @cached_property
    def facts(self) -> SqliteFacts:
        from backstage.infra.sqlite.facts import SqliteFacts  # noqa: PLC0415 - see above

        return SqliteFacts(self._reader, self.clock)

    @cached_property
    def audit_log(self) -> SqliteAuditLog:
        from backstage.infra.sqlite.audit_log import SqliteAuditLog  # noqa: PLC0415 - see above

        return SqliteAuditLog(self._writer, self._reader)

    @cached_property
    def bulk_operations(self) -> SqliteBulkOperations:
        from backstage.infra.sqlite.bulk_operations import SqliteBulkOperations  # noqa: PLC0415 - see above

        return SqliteBulkOperations(self._writer, self._reader)

    @cached_property
    def type_definitions(self) -> SqliteTypeDefinitions:
        from backstage.infra.sqlite.type_definitions import SqliteTypeDefinitions  # noqa: PLC0415 - see above

        return SqliteTypeDefinitions(self._writer, self._reader)

    @cached_property
    def tokens(self) -> SqliteTokens:
        from backstage.infra.sqlite.tokens import SqliteTokens  # noqa: PLC0415 - see above

        return SqliteTokens(self._writer, self._reader)

    @cached_property
    def archive(self) -> SqliteArchive:
        from backstage.infra.sqlite.archive import SqliteArchive  # noqa: PLC0415 - see above

        return SqliteArchive(self._writer, self._reader)

    @cached_property
    def history(self) -> SqliteRunHistory:
        from backstage.infra.sqlite.run_history import SqliteRunHistory  # noqa: PLC0415 - see above

        return SqliteRunHistory(self._writer, self._reader, self.clock)

    @cached_property
    def task_events(self) -> SqliteTaskEvents:
        from backstage.infra.sqlite.task_events import SqliteTaskEvents  # noqa: PLC0415 - see above

        return SqliteTaskEvents(self._writer, self._reader, self.clock)

    @classmethod
    def from_url(cls, url: str, clock: Clock) -> SqliteBackend:
        """Make one from `sqlite:///relative.db` or `sqlite:////absolute.db`, with `?synchronous=normal&busy_timeout=5`.

        Raises ConfigurationError.
        """
        path, options = parse_url(url)
        backend = cls(path, clock, **options)
        backend._name = url
        return backend

    async def open(self, opening: Opening = Opening.WORK) -> None:
        """Create and migrate the file, as far as `opening` allows, and start the writer and the reader."""
        if self._writer.is_running:
            if opening is Opening.WORK:
                self._writer.go_by(await self._with_connection(partial(self._begin, opening)))
            return
        if self.missing_file():
            are_applied(migrations_of("sqlite"), opening, is_new=True, store=self._name)  # raises where it is not made
        boot = await self._with_connection(partial(self._begin, opening))
        load_statements()
        self._writer.start(boot)
        self._reader.start()

    async def close(self) -> None:
        await asyncio.to_thread(self._stop)

    def wakeup(self, name: str | None = None) -> AbstractAsyncContextManager[SqliteWakeup]:
        return self._folder.subscribe(name)

    @contextlib.asynccontextmanager
    async def lease_queue(self) -> AsyncIterator[SqliteQueue]:
        yield self.queue  # no handler ever runs on the writer's thread

    def missing_file(self) -> Path | None:
        """The path, while there is nothing at it: `open` and `migrate` create the file."""
        try:
            self._connector.path.lstat()
        except FileNotFoundError:
            return self._connector.path
        except OSError:
            pass  # whoever opens it says what is wrong
        return None

    async def migrate(self) -> list[Migration]:
        """Bring the schema up to date, as `open` does, and return what was applied."""
        return await self._with_connection(
            lambda connection: migrations.apply(connection, self._connector.path, self.clock.now())
        )

    async def migration_plan(self) -> list[Migration]:
        """Return what `migrate` would apply; makes no file."""
        return await self._looking(lambda connection: migrations.plan(connection, self._connector.path))

    async def migration_status(self) -> list[MigrationStatus]:
        """Return each migration with the moment it was applied; makes no file."""
        return await self._looking(migrations.status)

    async def diagnose(self) -> list[Finding]:
        """Examine the file; works without `open`, and makes no file."""
        from backstage.infra.sqlite.diagnosis import diagnose, diagnose_missing  # noqa: PLC0415 - see above

        if missing := self.missing_file():
            return diagnose_missing(missing)
        return await self._with_connection(lambda connection: diagnose(connection, self._connector.path))

    def _begin(self, opening: Opening, connection: sqlite3.Connection) -> int:
        migrations.prepare(connection, self._connector.path, self.clock.now(), opening)
        return boot_number(connection, present_boot_id() if self._boot_id is None else self._boot_id)

    def _stop(self) -> None:
        self._writer.stop()
        self._reader.stop()
        if self._pid == os.getpid():
            self._folder.remove_if_empty()

    async def _looking(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Call `look` with a connection to the file, or to an empty store where there is none yet."""
        if not self.missing_file():
            return await self._with_connection(look)
        with closing(sqlite3.connect(":memory:")) as nothing:
            return look(nothing)

    async def _with_connection(self, use: Callable[[sqlite3.Connection], T]) -> T:
        """Call `use` with a connection of its own, on a thread. Raises ConfigurationError for a file that is none."""
        return await asyncio.to_thread(self._use, use)

    def _use(self, use: Callable[[sqlite3.Connection], T]) -> T:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise ConfigurationError(
                self._name, f"needs SQLite 3.38 or newer, but this Python has {sqlite3.sqlite_version}"
            )
        prepare_file(self._connector.path, self._name)
        try:
            return self._with_room(lambda: self._connect_and(use))
        except sqlite3.Error as error:
            if is_not_a_database(error):
                raise ConfigurationError(
                    self._name, f"{self._connector.path} is not a SQLite database: name another file"
                ) from error
            raise translate(error, self._connector.path) from error

    def _with_room(self, write: Callable[[], T]) -> T:
        """Call it; on a full disk once more, with the room of the reserve. What it wrote before must be undone."""
        try:
            return write()
        except sqlite3.Error as error:
            if not (may_lack_room(error) and Reserve(self._connector.path).spend()):
                raise
        return write()

    def _connect_and(self, use: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._connector.connect()) as connection:
            return use(connection)

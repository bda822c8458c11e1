from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from backstage.domain.errors import ConfigurationError
from backstage.infra.migrations import migrations_of
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.testing.fake_clock import FakeClock

OPEN_AND_ADD = """
import asyncio, sys
from backstage.conformance.task_factory import TaskFactory
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from backstage.infra.uuid7_ids import Uuid7Ids

async def main():
    clock = SystemClock()
    backend = SqliteBackend(sys.argv[1], clock)
    print("ready", flush=True)
    sys.stdin.readline()
    await backend.open()
    await backend.tasks.add([TaskFactory(clock)(id=Uuid7Ids().new())])
    await backend.close()

asyncio.run(main())
"""


async def test_four_processes_may_open_a_new_file_at_once(path: Path, clock: FakeClock) -> None:
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPEN_AND_ADD, str(path), stdin=pipe, stdout=pipe, stderr=pipe
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    ends = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [errors.decode() for _, errors in ends] == [""] * 4
    backend = SqliteBackend(path, clock)
    await backend.open()
    [count] = await backend.tasks.counts()
    assert count.tasks == 4
    await backend.close()


async def test_a_plan_names_what_is_pending_and_changes_nothing(path: Path, clock: FakeClock) -> None:
    backend = SqliteBackend(path, clock)
    planned = await backend.migration_plan()
    assert planned == list(migrations_of("sqlite"))
    assert not await asyncio.to_thread(path.exists)
    assert [each.applied_at for each in await backend.migration_status()] == [None] * len(planned)
    assert await backend.migrate() == planned
    assert await backend.migrate() == []
    assert [each.applied_at for each in await backend.migration_status()] == [clock.now()] * len(planned)


def alter(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


@pytest.mark.parametrize(
    ("sql", "remedy"),
    [
        ("UPDATE backstage_migrations SET checksum = 'other'", "install the release that migrated it"),
        ("INSERT INTO backstage_migrations VALUES (999, '0999_later', '', 0)", "upgrade Backstage"),
    ],
)
async def test_a_schema_that_is_not_ours_is_refused(path: Path, clock: FakeClock, sql: str, remedy: str) -> None:
    await SqliteBackend(path, clock).migrate()
    alter(path, sql)
    with pytest.raises(ConfigurationError, match=remedy):
        await SqliteBackend(path, clock).open()


async def test_a_table_of_the_same_name_stops_the_migration_whole(path: Path, clock: FakeClock) -> None:
    alter(path, "CREATE TABLE backstage_counts (mine TEXT)")
    with pytest.raises(ConfigurationError, match="not by Backstage"):
        await SqliteBackend(path, clock).open()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("backstage_counts",)]


async def test_an_applications_own_tables_live_on_beside_ours(path: Path, clock: FakeClock) -> None:
    alter(path, "CREATE TABLE tasks (mine TEXT)")
    backend = SqliteBackend(path, clock)
    await backend.open()
    await backend.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backstage.conformance.trial import Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import ConfigurationError, TaskNotFoundError


@pytest.fixture
def connection(trial: Trial, path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = lambda cursor, row: dict(enumerate(row))  # whatever the application prefers
        yield connection


async def test_a_task_exists_once_the_callers_transaction_commits(trial: Trial, connection: sqlite3.Connection) -> None:
    task = trial.new_task()
    connection.execute("BEGIN IMMEDIATE")
    assert await trial.tasks.add([task], connection=connection) == [None]
    with pytest.raises(TaskNotFoundError):
        await trial.tasks.get(task.id)
    connection.execute("COMMIT")
    assert [each.id for each in await trial.claim()] == [task.id]


async def test_a_task_is_gone_with_the_callers_rollback(trial: Trial, connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    await trial.tasks.add([trial.new_task(dedupe=Dedupe("k"))], connection=connection)
    connection.execute("ROLLBACK")
    assert await trial.tally() == {}
    await trial.added(dedupe=Dedupe("k"))


async def test_a_held_key_is_answered_there_too(trial: Trial, connection: sqlite3.Connection) -> None:
    holder = await trial.added(dedupe=Dedupe("k"))
    connection.execute("BEGIN IMMEDIATE")
    answers = await trial.tasks.add([trial.new_task(dedupe=Dedupe("k"))], connection=connection)
    connection.execute("COMMIT")
    assert answers == [Duplicate(holder.id, "k")]


async def test_a_connection_without_a_transaction_is_refused(trial: Trial, connection: sqlite3.Connection) -> None:
    with pytest.raises(ConfigurationError, match="BEGIN IMMEDIATE"):
        await trial.tasks.add([trial.new_task()], connection=connection)


async def test_a_connection_to_another_file_is_refused(trial: Trial, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigurationError, match="connect to that"):
            await trial.tasks.add([trial.new_task()], connection=other)


async def test_what_is_no_connection_is_refused(trial: Trial) -> None:
    with pytest.raises(ConfigurationError, match=r"pass a sqlite3\.Connection"):
        await trial.tasks.add([trial.new_task()], connection="backstage.db")

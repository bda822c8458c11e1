"""The record of a claim: a row of its own, or the task's row where that says it all (decision 0109)."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backstage.conformance.trial import BROKEN, Trial
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.migrations import migrations_of
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.testing.fake_clock import FakeClock

INDEXES_OF_THE_RELEASE_BEFORE = {"ready", "future", "waiting_retry", "running", "finished", "first", "chained"}
"""Those that its statements name, which a process of it goes on making beside this release's."""

SAVE_OF_THE_RELEASE_BEFORE = """
UPDATE backstage_tasks SET state = 'pending', ready = 1, created_at = created_at, finished_at = NULL,
       last_failure = NULL, version = version + 1
 WHERE id = ?"""

TASKS_OF_THE_RELEASE_BEFORE = """
INSERT INTO backstage_tasks (id, type, queue, priority, state, created_at, scheduled_at, started_at, finished_at,
                             worker_id, deliveries, interruptions, crashes, version, cancel_requested, payload)
VALUES ('a', 't', 'q', 0, 'completed', 1, 1, 2, 3, 'w1', 1, 0, 0, 3, 0, '1'),
       ('b', 't', 'q', 0, 'failed', 1, 1, 2, 4, 'w1', 1, 0, 0, 3, 0, '1');
INSERT INTO backstage_attempts (task, fence, number, worker_id, started_at, ended_at, outcome)
SELECT seq, 1, 1, 'w1', 2, 3, 'completed' FROM backstage_tasks;
INSERT INTO backstage_counts (state, queue, type, tasks, pruned)
VALUES ('completed', 'q', 't', 1, 0), ('failed', 'q', 't', 1, 0)"""


def rows_of_attempts(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        number: int = connection.execute("SELECT count(*) FROM backstage_attempts").fetchone()[0]
        return number


async def recorded(trial: Trial, task: Task) -> list[tuple[int, OutcomeKind, bool]]:
    return [(each.fence, each.outcome, each.failure is not None) for each in await trial.tasks.attempts(task.id)]


async def test_a_first_end_is_recorded_in_the_tasks_row_alone(trial: Trial, path: Path) -> None:
    completed, dead = await trial.running(), await trial.running()
    await trial.settle(completed.completed("1"))
    await trial.settle(dead.gave_up(BROKEN))
    assert rows_of_attempts(path) == 0
    assert await recorded(trial, completed) == [(1, OutcomeKind.COMPLETED, False)]
    assert await recorded(trial, dead) == [(1, OutcomeKind.DEAD, True)]


async def test_a_record_that_the_row_could_not_tell_has_a_row_of_its_own(trial: Trial, path: Path) -> None:
    task = await trial.running()
    await trial.settle(task.snoozed(0.0))
    [again] = await trial.claim()
    await trial.settle(again.completed())
    assert rows_of_attempts(path) == 2
    assert await recorded(trial, task) == [(1, OutcomeKind.SNOOZED, False), (2, OutcomeKind.COMPLETED, False)]


async def test_a_task_that_the_release_before_retries_by_hand_keeps_the_record_of_its_end(
    trial: Trial, path: Path
) -> None:
    task = await trial.running()
    await trial.settle(task.gave_up(BROKEN))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(SAVE_OF_THE_RELEASE_BEFORE, (task.id,))
    assert await recorded(trial, task) == [(1, OutcomeKind.DEAD, True)]
    [again] = await trial.claim()
    await trial.settle(again.completed())
    assert await recorded(trial, task) == [(1, OutcomeKind.DEAD, True), (2, OutcomeKind.COMPLETED, False)]


async def test_every_index_that_statements_of_the_release_before_name_is_there(trial: Trial, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
    assert {f"backstage_tasks_{name}" for name in INDEXES_OF_THE_RELEASE_BEFORE} <= found


async def test_tasks_and_records_of_the_release_before_are_found_after_the_migration(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "older.db"
    with monkeypatch.context() as before:
        before.setattr("backstage.infra.sqlite.migrations.migrations_of", lambda backend: migrations_of(backend)[:19])
        await SqliteBackend(path, clock).migrate()
    await asyncio.to_thread(_fill, path)
    backend = SqliteBackend(path, clock)
    await backend.open()
    for state, task_id in ((TaskState.COMPLETED, "a"), (TaskState.FAILED, "b")):
        page = await backend.tasks.find(TaskQuery(states=frozenset({state})))
        assert [task.id for task in page.tasks] == [task_id]
        assert len(await backend.tasks.attempts(task_id)) == 1
    await backend.close()


def _fill(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TASKS_OF_THE_RELEASE_BEFORE)

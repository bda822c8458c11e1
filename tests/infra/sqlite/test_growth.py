from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from backstage.conformance.trial import Trial
from backstage.domain.dedupe import Dedupe
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState

ALL_COMPLETED = Retention(state=TaskState.COMPLETED, keep_last=0)
LARGE = f'"{"x" * 5000}"'


def rows(path: Path) -> dict[str, int]:
    """How many rows each table has that grows with the tasks."""
    tables = ("backstage_tasks", "backstage_attempts", "backstage_dedupe", "backstage_large_payloads")
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


async def test_a_pruned_task_leaves_no_row_behind(trial: Trial, path: Path) -> None:
    running = await trial.running(dedupe=Dedupe("k", ttl=3600), payload_json=LARGE)
    await trial.settle(running.snoozed(0.0))
    [again] = await trial.claim()
    await trial.settle(again.completed())
    assert all(rows(path).values())
    assert await trial.tasks.prune(ALL_COMPLETED, 10) == 1
    assert set(rows(path).values()) == {0}


async def test_pruning_forgets_keys_whose_time_is_over(trial: Trial, path: Path) -> None:
    await trial.added(dedupe=Dedupe("k", ttl=10))
    trial.clock.advance(11)
    await trial.tasks.prune(ALL_COMPLETED, 10)
    assert rows(path)["backstage_dedupe"] == 0


async def test_a_large_payload_is_kept_out_of_the_row_and_comes_back_whole(trial: Trial, path: Path) -> None:
    task = await trial.running(payload_json=LARGE)
    assert task.payload_json == LARGE
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT payload FROM backstage_tasks").fetchone() == (None,)

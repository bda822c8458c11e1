from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from tests.worker.workers import Workers, attempts, reached, until


@pytest.mark.parametrize("field", ["metadata", "payload"])
async def test_what_somebody_spoilt_is_a_dead_letter_that_says_so_and_runs_once_it_is_repaired(
    tmp_path: Path, own_directory: None, field: str
) -> None:
    entries: list[Any] = []
    failed: list[str] = []
    ran: list[Any] = []
    worker = Workers(f"sqlite:///{tmp_path}/tasks.db").new(log_handler=entries.append)
    worker.on("t", ran.append)
    worker.events.on("worker-task:failed", lambda event: failed.append(event.task.id))
    spoilt, other = await worker.enqueue("t", 1), await worker.enqueue("t", 2)
    assert spoilt is not None
    with closing(sqlite3.connect(tmp_path / "tasks.db")) as database, database:
        database.execute(f"UPDATE backstage_tasks SET {field} = 'no json' WHERE id = ?", (spoilt.id,))
    await worker.start()
    try:
        assert (await reached(worker, other)).state is TaskState.COMPLETED
        dead = await reached(worker, spoilt)
        assert dead.last_failure is not None
        assert (dead.state, dead.last_failure.type, ran) == (TaskState.FAILED, "UndecodableTask", [2])
        assert dead.last_failure.message.startswith(field)
        if field == "metadata":
            [told] = [entry for entry in entries if entry["event"] == log_events.TASK_UNDECODABLE]
            assert told["task_id"] == spoilt.id
            assert await attempts(worker, dead) == []
        await until(lambda: failed == [spoilt.id])
        with closing(sqlite3.connect(tmp_path / "tasks.db")) as database, database:
            database.execute(f"UPDATE backstage_tasks SET {field} = ? WHERE id = ?", ("{}", spoilt.id))
        await worker.backstage.retry_task(spoilt.id)
        assert (await reached(worker, spoilt)).state is TaskState.COMPLETED
    finally:
        await worker.stop()

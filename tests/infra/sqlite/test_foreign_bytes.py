from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backstage import Container, EnqueueTask
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, reached


@pytest.mark.parametrize("column", ["payload", "metadata", "last_failure", "correlation_id", "type", "queue"])
async def test_bytes_that_are_no_text_stop_neither_claims_nor_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/tasks.db"
    worker = Workers(url).new()
    worker.on("t", lambda payload: payload)
    spoilt, other = await worker.enqueue("t", 1), await worker.enqueue("t", 2)
    assert spoilt is not None
    with closing(sqlite3.connect(tmp_path / "tasks.db")) as database, database:
        database.execute(
            f"UPDATE backstage_tasks SET {column} = CAST(? AS TEXT) WHERE id = ?", (b'"ab\xff"', spoilt.id)
        )
    await worker.start()
    try:
        assert (await reached(worker, other)).state is TaskState.COMPLETED
    finally:
        await worker.stop()
    async with Container.open(url) as backstage:
        assert len((await backstage.find_tasks(TaskQuery())).tasks) == 2
        assert await backstage.enqueue_task(EnqueueTask("t", "é"))
        assert (await backstage.get_task(spoilt.id)).id == spoilt.id

"""The lists of columns are those of the tables, and what statements give is in the order in which rows are read."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from backstage.conformance.trial import Trial
from backstage.infra.postgres.columns import ATTEMPT, DEFINITION, FINISHED, NEW, PENDING, Columns
from backstage.infra.postgres.statements import qualified, statement
from backstage.infra.task_row import ROW_COLUMNS, STATED_COLUMNS


async def rows_of(url: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    database, _, schema = url.partition("?schema=")
    connection = await asyncpg.connect(database)
    try:
        return list(await connection.fetch(qualified(sql, schema), *arguments))
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("table", "columns", "others"),
    [
        ("backstage_tasks", DEFINITION, set()),
        (
            "backstage_live",
            PENDING,
            {"state", "ready", "is_chained", "worker_id", "lease_until", "lease_begun", "lease_end"},
        ),
        ("backstage_finished", FINISHED, {"outcome", "worker_id", "is_failure_new"}),
        ("backstage_attempts", ATTEMPT, set()),
    ],
    ids=["tasks", "live", "finished", "attempts"],
)
async def test_no_column_of_a_table_is_forgotten(
    trial: Trial, url: str, table: str, columns: Columns, others: set[str]
) -> None:
    asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
    found = await rows_of(url, asked, url.partition("?schema=")[2], table)
    assert {name for (name,) in found} == {*columns.names, *others}


async def test_each_statement_gives_tasks_in_the_order_in_which_they_are_read(trial: Trial, url: str) -> None:
    running = await trial.running()
    first = (await rows_of(url, statement("find_task"), running.id))[0]
    assert list(first.keys()) == list(ROW_COLUMNS)
    held = (await rows_of(url, statement("find_held_tasks"), "w1"))[0]
    assert list(held.keys()) == list(ROW_COLUMNS)
    expired = statement("lock_expired_tasks")
    lost = (await rows_of(url, expired, 2**53, 10, None, True, None))[0]
    assert list(lost.keys())[: len(ROW_COLUMNS)] == list(ROW_COLUMNS)
    nothing = [None, None, "w1", "", None, None, 1, 1, False, None]
    claimed = (await rows_of(url, statement("claim_tasks"), *nothing))[0]
    assert list(claimed.keys())[: len(STATED_COLUMNS)] == list(STATED_COLUMNS)


async def test_what_may_hold_a_comma_is_not_joined_by_commas(trial: Trial) -> None:
    tasks = [trial.new_task(payload_json='{"a": 1, "b": 2}', tags=("vip,x",), key="a,b") for _ in range(3)]
    texts = [text for text in NEW.joined(tasks) if isinstance(text, str)]
    assert len(texts) == 6
    assert all(text.count(",") == len(tasks) - 1 for text in texts)
    await trial.tasks.add(tasks)
    assert [await trial.tasks.get(task.id) for task in tasks] == tasks

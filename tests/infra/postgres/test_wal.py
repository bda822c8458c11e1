"""What a task writes to the server's log, in records: their number depends neither on time nor on the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from backstage.conformance.trial import Trial
from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.columns import NEW
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement

TASKS = 500


async def test_a_new_task_writes_its_two_rows_and_their_five_index_entries(trial: Trial) -> None:
    await trial.added()
    new = [trial.new_task() for _ in range(TASKS)]
    assert await _records(trial, "add_new_tasks", None, *NEW.joined(new)) < 7.2


async def test_a_claim_writes_two_locks_a_new_version_and_two_index_entries(trial: Trial) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(TASKS)])
    arguments = (*_clocks(trial), "w1", "email:send", None, None, TASKS, 30_000_000, False, None)
    assert await _records(trial, "claim_tasks", *arguments) < 5.3


async def test_an_end_writes_a_deletion_a_row_and_three_index_entries(trial: Trial) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(TASKS)])
    ids = ",".join(sorted(task.id for task in await trial.claim(TASKS)))
    fences = ",".join(["1"] * TASKS)
    assert await _records(trial, "settle_ends", _clocks(trial)[0], ids, fences, *[None] * 4) < 5.3


def _clocks(trial: Trial) -> tuple[int | None, int | None]:
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)
    return backend._time.now(), backend._time.lease_now()


async def _records(trial: Trial, name: str, *arguments: Any) -> float:
    """For each of the tasks."""
    backend = trial.backend
    assert isinstance(backend, PostgresBackend)
    records = 0

    async def step(session: Session) -> None:
        nonlocal records
        explained = f"EXPLAIN (ANALYZE, WAL, FORMAT JSON) {statement(name)}"
        [(text,)] = await session.fetch(explained, *arguments)
        records = sum(_of_changes(json.loads(text)[0]["Plan"]))

    await backend._database.run(step)
    return records / TASKS


def _of_changes(plan: dict[str, Any]) -> Iterator[int]:
    """Of each step that changes rows, with what it reads and locks for that."""
    if plan["Node Type"] == "ModifyTable":
        yield plan["WAL Records"]
    for child in plan.get("Plans", ()):
        yield from _of_changes(child)

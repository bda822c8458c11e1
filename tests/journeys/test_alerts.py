"""A subscriber's process is killed at each step of an alert."""

from __future__ import annotations

from pathlib import Path

import pytest

from backstage.domain.subscription import DELIVERY_QUEUE
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.alerts import FAILS, KILL_AT, STEPS
from tests.journeys.asking import enqueue
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until, until_answer

TOLD_BEFORE = {"listening", "unacknowledged"}
"""Steps after the listener was called for the first time."""
PERHAPS_TOLD_BEFORE = {"settled"}
"""Told of beside the next run, which may be the delivery."""


@pytest.mark.parametrize("step", STEPS)
async def test_a_final_failure_is_delivered_whenever_a_process_is_killed(
    backstage: Container, ledger: Ledger, start_worker: StartWorker, tmp_path: Path, step: str
) -> None:
    def start() -> None:
        start_worker(handlers="tests.journeys.alerts", lease=1, reclaim_interval=0.1, concurrency=1)

    (tmp_path / KILL_AT).write_text(step)
    failing = [await enqueue(backstage, FAILS, max_attempts=1) for _ in range(3)]
    start()
    await until("the kill", lambda: ledger.entries("killed"))
    start()

    async def are_delivered() -> bool:
        deliveries = await backstage.find_tasks(TaskQuery(queue=DELIVERY_QUEUE))
        return [task.state for task in deliveries.tasks] == [TaskState.COMPLETED] * len(failing)

    await until_answer("all deliveries", are_delivered)
    told = [(entry.task, entry.event) for entry in ledger.entries() if entry.event.startswith("alert")]
    assert {task for task, _ in told} == {task.id for task in failing}
    assert len(set(told)) == len(failing), "two tellings of one failure differ in the event's id"
    told_again = len(told) - len(failing)
    assert told_again in ({0, 1} if step in PERHAPS_TOLD_BEFORE else {int(step in TOLD_BEFORE)})
    assert len(ledger.entries("killed")) == 1

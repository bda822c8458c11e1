from __future__ import annotations

import time

import psutil
import pytest

from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until, until_answer


@pytest.mark.parametrize("place", ["short", "thread", "process"])
async def test_a_cancel_from_another_process_reaches_a_running_handler(
    backstage: Container, ledger: Ledger, start_worker: StartWorker, place: str
) -> None:
    worker = start_worker()
    task = await enqueue(backstage, f"journey:{place}", {"seconds": 60})
    await until("its start", lambda: ledger.entries("start"))
    asked_at = time.monotonic()
    await backstage.cancel_task(task.id)
    await until_answer("its end", state_is(backstage, task, TaskState.CANCELLED))
    assert time.monotonic() - asked_at < 2
    [start] = ledger.entries()
    assert start.pid == worker.pid or not psutil.pid_exists(start.pid)
    neighbour = await enqueue(backstage, "journey:short")
    await until_answer("a neighbour's end", state_is(backstage, neighbour, TaskState.COMPLETED))

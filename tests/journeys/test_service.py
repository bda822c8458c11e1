from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstage import EnqueueTask
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until
from tests.journeys.worker_process import WorkerProcess


@pytest.fixture
def service(tmp_path: Path, url: str, ledger: Ledger) -> Iterator[WorkerProcess]:
    process = WorkerProcess(
        tmp_path, ("-m", "tests.journeys.receiving"), environment=ledger.environment, url=url, log_format="json"
    )
    yield process
    process.end()


async def test_a_signal_stops_a_service_when_its_tasks_have_ended_and_then_ends_the_process(
    backstage: Container, ledger: Ledger, gate: Gate, service: WorkerProcess
) -> None:
    task = await backstage.enqueue_task(EnqueueTask("journey:gated", gate.payload, queue="slow"))
    assert isinstance(task, Task)
    await until("the start", lambda: ledger.entries("start", task.id) and ledger.entries("serving"))
    service.signal(signal.SIGTERM)
    await service.logged("worker_stopping", 2)
    gate.open()
    assert await service.code() == -signal.SIGTERM
    assert [entry.event for entry in ledger.entries(task=task.id)] == ["start", "end"]
    assert (await backstage.get_task(task.id)).state is TaskState.COMPLETED

from __future__ import annotations

import signal
import textwrap
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.journeys.asking import enqueue
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until
from tests.journeys.worker_process import WorkerProcess

GRACE = 1.5
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_a_signal_lets_short_tasks_end_and_gives_long_ones_back(
    backstage: Container, ledger: Ledger, start_worker: StartWorker, number: signal.Signals
) -> None:
    worker = start_worker(concurrency=4, grace_period=GRACE)
    long = [await enqueue(backstage, "journey:short", {"seconds": 60}, priority=1) for _ in range(2)]
    short = [await enqueue(backstage, "journey:short", {"seconds": 0.3}) for _ in range(100)]
    await until("some ends", lambda: len(ledger.entries("end")) >= 4)
    worker.signal(number)
    assert await worker.code() == 0
    assert _logged_at(worker, "worker_stopped") - _logged_at(worker, "worker_stopping") < GRACE + 2
    for task in long:
        await _assert_given_back(backstage, task)
    await _assert_nothing_was_begun_after_the_signal(backstage, ledger, worker, short)


async def test_a_worker_whose_loop_is_blocked_ends_after_its_grace_period_and_gives_everything_back(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    worker = start_worker(concurrency=2, grace_period=0.2)
    tasks = [await enqueue(backstage, "journey:blocking", {"seconds": 60}) for _ in range(3)]
    await until("one blocks", lambda: ledger.entries("start"))
    worker.signal(signal.SIGTERM)
    assert await worker.code() == 0
    [line] = worker.lines("loop_blocked")
    assert line["types"] == ["journey:blocking"] and "blocking (" in line["where"]
    for task in tasks:
        assert (await backstage.get_task(task.id)).state is TaskState.PENDING


async def _assert_given_back(backstage: Container, task: Task) -> None:
    stored = await backstage.get_task(task.id)
    assert (stored.state, stored.deliveries, stored.attempt) == (TaskState.PENDING, 1, 0)


async def _assert_nothing_was_begun_after_the_signal(
    backstage: Container, ledger: Ledger, worker: WorkerProcess, tasks: list[Task]
) -> None:
    assert max(entry.wall for entry in ledger.entries("start")) <= _logged_at(worker, "worker_stopping")
    started = {entry.task for entry in ledger.entries("start")}
    for task in tasks:
        stored = await backstage.get_task(task.id)
        if task.id in started:
            assert (stored.state, stored.deliveries) == (TaskState.COMPLETED, 1)
        else:
            assert (stored.state, stored.attempt) == (TaskState.PENDING, 0)
    assert (await backstage.get_task_stats()).running == 0


def _logged_at(worker: WorkerProcess, event: str) -> float:
    [line] = worker.lines(event)
    return datetime.fromisoformat(line["timestamp"]).timestamp()


async def test_a_second_signal_ends_the_grace_period(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    worker = start_worker(grace_period=60)
    task = await enqueue(backstage, "journey:short", {"seconds": 60})
    await until("its start", lambda: ledger.entries("start"))
    worker.signal(signal.SIGTERM)
    await worker.logged("worker_stopping")
    worker.signal(signal.SIGTERM)
    assert await worker.code(5) == 0
    await _assert_given_back(backstage, task)


async def test_a_handler_in_a_thread_or_a_process_is_given_back_too(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    worker = start_worker(grace_period=0.2)
    tasks = [await enqueue(backstage, f"journey:{place}") for place in ("thread", "process")]
    await until("their starts", lambda: len(ledger.entries("start")) == 2)
    worker.signal(signal.SIGTERM)
    assert await worker.code(10) == 0
    for task in tasks:
        await _assert_given_back(backstage, task)
    for pid in ledger.pids():
        assert not psutil.pid_exists(pid)


async def test_a_fleet_passes_the_signal_on_and_ends_with_its_workers(
    backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    fleet = start_worker("--processes", "2", concurrency=2, grace_period=0.5)
    tasks = [await enqueue(backstage, "journey:short", {"seconds": 60}) for _ in range(4)]
    await until("their starts", lambda: len(ledger.entries("start")) == 4)
    fleet.signal(signal.SIGTERM)
    assert await fleet.code(10) == 0
    assert len(fleet.lines("worker_stopped")) == 2
    for task in tasks:
        await _assert_given_back(backstage, task)


async def test_a_worker_inside_an_own_program_ends_gracefully_and_then_as_the_signal_wants(
    backstage: Container, ledger: Ledger, url: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import asyncio, sys
            from backstage import Worker
            from tests.journeys import handlers

            async def main():
                worker = Worker(sys.argv[1], grace_period=1.5)
                worker.include(handlers)
                await worker.start()
                await asyncio.Event().wait()

            asyncio.run(main())
            """
        )
    )
    program = WorkerProcess(tmp_path, (str(script), url), environment=ledger.environment)
    try:
        long = await enqueue(backstage, "journey:short", {"seconds": 60})
        short = await enqueue(backstage, "journey:short", {"seconds": 0.5})
        await until("both starts", lambda: len(ledger.entries("start")) == 2)
        program.signal(signal.SIGTERM)
        assert await program.code(10) == -signal.SIGTERM
    finally:
        program.end()
    assert (await backstage.get_task(short.id)).state is TaskState.COMPLETED
    await _assert_given_back(backstage, long)
    assert program.lines("worker_stopped")

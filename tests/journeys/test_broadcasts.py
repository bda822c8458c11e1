from __future__ import annotations

import asyncio
import signal

from backstage.cli.main import main
from backstage.infra.container import Container
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until
from tests.journeys.worker_process import WorkerProcess

RECEIVING = "tests.journeys.receiving"


def received(ledger: Ledger, worker: WorkerProcess) -> list[str]:
    return [entry.task for entry in ledger.entries("received") if entry.pid == worker.pid]


async def test_every_process_receives_what_a_command_sends_and_a_frozen_one_receives_it_later(
    url: str, backstage: Container, ledger: Ledger, start_worker: StartWorker
) -> None:
    first, second = [start_worker(handlers=RECEIVING) for _ in range(2)]
    for worker in (first, second):
        await worker.ready()
    assert await asyncio.to_thread(main, ["broadcast", "journey.note", '"one"', "--url", url]) == 0
    for worker in (first, second):
        await until("the first message", lambda worker=worker: received(ledger, worker) == ["one"])
    second.signal(signal.SIGSTOP)
    for text in ("two", "three"):
        await backstage.send_broadcast("journey.note", text)
    await until("all messages", lambda: received(ledger, first) == ["one", "two", "three"])
    assert received(ledger, second) == ["one"]
    second.signal(signal.SIGCONT)
    await until("what was missed", lambda: received(ledger, second) == ["one", "two", "three"])

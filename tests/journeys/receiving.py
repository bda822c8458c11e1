"""A module whose receiver writes each broadcast into the ledger, and a service that is told to stop by a signal."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from backstage import TaskContext, WorkerService, receiver
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.waiting import until


@receiver("journey.note")
def note(payload: Any) -> None:
    Ledger.of_this_process().write("received", str(payload))


async def gated(payload: Any, context: TaskContext) -> None:
    Ledger.of_this_process().write("start", context.task.id, context.fence)
    gate = Gate(payload["gate"])
    await until("the gate", lambda: gate.is_open, 3600)
    Ledger.of_this_process().write("end", context.task.id, context.fence)


async def serve() -> None:
    service = WorkerService(os.environ["BACKSTAGE_URL"])
    service.register_processor("slow", {"journey:gated": gated})
    service.register_processor("other", {"journey:other": lambda: None})
    await service.start()
    service.setup_graceful_shutdown()
    Ledger.of_this_process().write("serving")
    await service.wait()
    await asyncio.sleep(3600)  # never: the signal comes back with its old effect


if __name__ == "__main__":
    asyncio.run(serve())

"""A process that only enqueues: `python -m tests.journeys.producer URL TASKS`."""

from __future__ import annotations

import asyncio
import os
import sys

import uuid_utils

from backstage import Container, Dedupe, EnqueueTask
from backstage.domain.errors import StorageUnavailableError
from tests.journeys.ledger import Ledger

AT_ONCE = 50


async def produce(url: str, tasks: int) -> None:
    """Write each task into the ledger once the store has accepted it; repeat what it gave no answer to."""
    ledger, numbers = Ledger.of_this_process(), iter(range(tasks))
    async with Container.open(url, silent=True, wait=None) as backstage:

        async def one_after_another() -> None:
            for number in numbers:
                key = Dedupe(f"{os.getpid()}-{number}")  # held while the task lives
                request = EnqueueTask(
                    type="journey:short", payload={}, dedupe=key, max_attempts=50, id=str(uuid_utils.uuid7())
                )
                await _enqueue_at_last(backstage, request)
                ledger.write("enqueued", str(request.id))

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))


async def _enqueue_at_last(backstage: Container, request: EnqueueTask) -> None:
    while True:
        try:
            await backstage.enqueue_task(request)
            return
        except StorageUnavailableError:
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(produce(sys.argv[1], int(sys.argv[2])))

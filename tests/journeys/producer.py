"""A process that only enqueues: `python -m tests.journeys.producer URL TASKS`."""

from __future__ import annotations

import asyncio
import os
import sys

from backstage import Container, Dedupe, EnqueueTask
from tests.journeys.ledger import Ledger

AT_ONCE = 50


async def produce(url: str, tasks: int) -> None:
    """Write each task into the ledger once the store has accepted it."""
    ledger, numbers = Ledger.of_this_process(), iter(range(tasks))
    async with Container.open(url, silent=True) as backstage:

        async def one_after_another() -> None:
            for number in numbers:
                key = Dedupe(f"{os.getpid()}-{number}")  # held while the task lives
                task = await backstage.enqueue_task(
                    EnqueueTask(type="journey:short", payload={}, dedupe=key, max_attempts=50)
                )
                ledger.write("enqueued", task.id)

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(produce(sys.argv[1], int(sys.argv[2])))

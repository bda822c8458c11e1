"""Starts to cancel all tasks of a queue, and kills itself in the middle of a step: `URL QUEUE CHANGES`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import Any

from backstage import BulkAction, BulkKind, Container
from backstage.app.cancel_task import CancelTask
from backstage.domain import bulk_operation

SILENT_FOR = timedelta(seconds=0.3)


def dying_after(changes: int) -> None:
    """From the given number of changes on, the first call that follows finds no process any more."""
    cancel, made = CancelTask.__call__, 0

    async def cancel_or_die(self: CancelTask, *arguments: Any, **options: Any) -> Any:
        nonlocal made
        answer = await cancel(self, *arguments, **options)
        made += 1
        if made == changes:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    CancelTask.__call__ = cancel_or_die  # type: ignore[method-assign]


async def main(url: str, queue: str, changes: int) -> None:
    bulk_operation.DRIVEN_FOR = SILENT_FOR
    dying_after(changes)
    async with Container.open(url, silent=True) as backstage:
        plan = await backstage.plan_bulk(BulkAction(BulkKind.CANCEL), f"queue:{queue}")
        await backstage.start_bulk(plan.digest, 20.0, started_by="ada")
        sys.stdout.write(plan.digest)
        sys.stdout.flush()
        async for _ in backstage.run_bulk(plan.digest):
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

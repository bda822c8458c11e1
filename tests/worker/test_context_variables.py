from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from backstage import EnqueueTask
from tests.worker.workers import Workers

_tenant: ContextVar[int | None] = ContextVar("tenant", default=None)


async def test_what_a_handler_sets_is_not_seen_by_the_run_that_takes_its_slot(workers: Workers) -> None:
    seen: list[int | None] = []

    async def handler(payload: Any) -> None:
        seen.append(_tenant.get())
        _tenant.set(payload)

    worker = workers.new(until_idle=True, concurrency=1, prefetch=10)
    worker.on("t", handler)
    await worker.backstage.enqueue_tasks([EnqueueTask("t", n) for n in range(5)])
    await worker.start()
    await worker.wait()
    assert seen == [None] * 5

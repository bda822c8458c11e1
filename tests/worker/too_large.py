"""A worker some of whose ends are too large for its store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from backstage import Backoff, Next, Worker
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, attempts, finish

PART = "x" * 600_000


async def one_end_is_too_large(workers: Workers, limit: Callable[[Worker], Awaitable[Any]] | None = None) -> None:
    """Run many small tasks beside one that chains two large ones; `limit` limits the store of a worker that is open."""
    worker = workers.new(until_idle=True, concurrency=30)
    ran: list[str] = []

    def returns(payload: str) -> Any:
        ran.append(payload)
        return [Next("t", PART), Next("t", PART)] if payload == "large" else payload

    worker.on("t", returns, max_attempts=2, backoff=Backoff.fixed(0.01))
    tasks = [await worker.enqueue("t", "large" if number == 10 else "small") for number in range(20)]
    if limit is not None:
        await limit(worker)
    await finish(worker)
    try:
        stored = [await worker.backstage.get_task(task.id) for task in tasks if task]
        assert [task.state for task in stored] == [
            TaskState.FAILED if number == 10 else TaskState.COMPLETED for number in range(20)
        ]
        assert sorted(ran) == ["large"] * 2 + ["small"] * 19
        records = await attempts(worker, stored[10])
        assert [record.failure.type for record in records if record.failure] == ["OutcomeRefused"] * 2
        assert (
            stored[10].last_failure and "does not accept the result of the handler" in stored[10].last_failure.message
        )
        assert (await worker.backstage.get_task_stats()).total == 20
    finally:
        await worker.stop()

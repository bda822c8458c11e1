"""A worker does what was started for many tasks, if nobody else does."""

from __future__ import annotations

from collections.abc import Sequence

from backstage import AuditEntry, BulkAction, BulkKind, BulkState
from tests.worker.workers import Workers, memory, until_some


async def test_a_worker_runs_a_bulk_operation_that_was_started_and_that_nobody_runs(workers: Workers) -> None:
    worker = workers.over(memory())
    worker.on("email:send", lambda: None)
    for _ in range(3):
        await worker.enqueue("email:send", delay=3600)
    backstage = worker.backstage
    plan = await backstage.plan_bulk(BulkAction(BulkKind.CANCEL), "type:email:*")
    await backstage.start_bulk(plan.digest, started_by="ada")
    await worker.start()

    async def audited() -> Sequence[AuditEntry]:
        return (await backstage.list_audit()).entries

    [entry] = await until_some(audited, 1)
    assert (entry.who, entry.action, entry.tasks) == ("ada", "bulk_cancel", 3)
    operation = await backstage.get_bulk(plan.digest)
    assert (operation.state, operation.done) == (BulkState.DONE, 3)

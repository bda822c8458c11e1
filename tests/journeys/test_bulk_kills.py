"""A process that does a bulk operation is killed in the middle of a step, and another goes on."""

from __future__ import annotations

import asyncio
import signal
import sys

from backstage import AuditQuery, BulkState, Container, EnqueueTask, TaskState
from tests.journeys.store import Store

PLANNED, KILLED_AFTER = 25, 14
"""Steps are of ten tasks: the second one is left half done."""


async def test_a_killed_bulk_operation_is_resumed_with_each_task_changed_once_and_right_totals(store: Store) -> None:
    async with Container.open(store.url, silent=True) as backstage:
        requests = [EnqueueTask("email:send", queue="mail", delay=3600.0) for _ in range(PLANNED)]
        planned = [task.id for task in await backstage.enqueue_tasks(requests) if not hasattr(task, "holder_id")]
        other = await backstage.enqueue("email:send", queue="other", delay=3600.0)
        digest = await _killed(store.url)
        later = await backstage.enqueue("email:send", queue="mail", delay=3600.0)
        killed = await backstage.get_bulk(digest)
        assert (killed.state, killed.done) == (BulkState.RUNNING, 10)
        assert (await backstage.count_tasks("state:cancelled")).tasks >= KILLED_AFTER

        *_, ended = [each async for each in backstage.run_bulk(digest)]

        assert (ended.state, ended.done, ended.failed) == (BulkState.DONE, PLANNED, 0)
        tasks = [await backstage.get_task(task_id) for task_id in planned]
        assert {(task.state, task.version) for task in tasks} == {(TaskState.CANCELLED, 2)}
        for left in (other, later):
            assert (await backstage.get_task(left.id)).state is TaskState.PENDING
        [entry] = (await backstage.list_audit(AuditQuery(action="bulk_cancel"))).entries
        assert (entry.who, entry.tasks) == ("ada", PLANNED)


async def _killed(url: str) -> str:
    """The digest of the operation of a process that killed itself."""
    command = (sys.executable, "-m", "tests.journeys.bulk_driver", url, "mail", str(KILLED_AFTER))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == -signal.SIGKILL
    return output.decode().strip()

"""A process that dies between an action and the end of its entry in the audit log."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from backstage import AuditOutcome, Container, TaskState

_CANCEL = """
import asyncio, os, signal, sys
from backstage import Container, GuardedUseCases, Identity, Role

async def main(url, task_id):
    async with Container.open(url) as container:
        save = container.backend.tasks.save

        async def save_and_die(task):
            await save(task)
            os.kill(os.getpid(), signal.SIGKILL)

        container.backend.tasks.save = save_and_die
        await GuardedUseCases(container, Identity("ada", Role.OPERATOR)).cancel_task(task_id)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_log_tells_that_the_action_began(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tasks.db"
    async with Container.open(url) as container:
        task = await container.enqueue("email:send")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _CANCEL, url, task.id)
    assert await process.wait() == -signal.SIGKILL
    async with Container.open(url) as container:
        [entry] = (await container.list_audit()).entries
        assert (await container.get_task(task.id)).state is TaskState.CANCELLED
    assert (entry.who, entry.action, entry.target, entry.outcome) == (
        "ada",
        "cancel_task",
        task.id,
        AuditOutcome.BEGUN,
    )

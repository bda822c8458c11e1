from __future__ import annotations

import asyncio
import os
import warnings
from pathlib import Path

from backstage.conformance.fake_clock import FakeClock
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.errors import ConfigurationError
from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.backend import SqliteBackend


async def test_leases_of_another_boot_have_run_out(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    before = SqliteBackend(path, clock, boot_id="before")
    await before.open()
    running = await Trial(before, clock, new_task).running()
    assert await before.queue.reclaim(3, 10) == []
    await before.close()
    after = SqliteBackend(path, clock, boot_id="after")
    await after.open()
    [(task, _)] = await after.queue.reclaim(3, 10)
    assert (task.id, task.state) == (running.id, TaskState.PENDING)
    await after.close()


async def test_a_renewal_takes_a_lease_over_into_this_boot(path: Path, clock: FakeClock, new_task: TaskFactory) -> None:
    before = SqliteBackend(path, clock, boot_id="before")
    await before.open()
    running = await Trial(before, clock, new_task).running()
    await before.close()
    after = SqliteBackend(path, clock, boot_id="after")
    await after.open()
    await after.queue.renew({running.id: running.fence}, 30.0)
    assert await after.queue.reclaim(3, 10) == []
    await after.close()


def use_in_a_child(backend: SqliteBackend) -> str:
    """Return what a forked child is told when it uses its parent's backend."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is the mistake under test
        child = os.fork()
    if child == 0:
        try:
            asyncio.new_event_loop().run_until_complete(backend.tasks.attempts("any"))
            answer = "nothing"
        except ConfigurationError as error:
            answer = str(error)
        os.write(writing, answer.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        return pipe.read()


async def test_a_forked_child_is_told_to_open_its_own(trial: Trial, backend: SqliteBackend) -> None:
    assert "open a new backend after the fork" in await asyncio.to_thread(use_in_a_child, backend)
    await trial.added()

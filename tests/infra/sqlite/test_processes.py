from __future__ import annotations

import asyncio
import os
import sys
import threading
import warnings
from pathlib import Path

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.domain.errors import ConfigurationError
from backstage.domain.finding import Severity
from backstage.domain.task_state import TaskState
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from backstage.testing.fake_clock import FakeClock


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


ENQUEUE_FOR_EVER = """
import asyncio, sys
from backstage.conformance.task_factory import TaskFactory
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from backstage.infra.uuid7_ids import Uuid7Ids

async def main():
    clock, ids = SystemClock(), Uuid7Ids()
    backend = SqliteBackend(sys.argv[1], clock)
    await backend.open()
    while True:
        task = TaskFactory(clock)(id=ids.new())
        await backend.tasks.add([task])
        print(task.id, flush=True)

asyncio.run(main())
"""

DRAIN = """
import asyncio, sys
from backstage.conformance.trial import claim_request
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock

async def main():
    backend = SqliteBackend(sys.argv[1], SystemClock())
    await backend.open()
    while tasks := (await backend.queue.claim(claim_request(3))).tasks:
        assert None not in await backend.queue.settle([task.completed() for task in tasks])
        for task in tasks:
            print(task.id)
    await backend.close()

asyncio.run(main())
"""


async def started(code: str, path: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def test_what_was_accepted_survives_a_kill_in_the_midst_of_writing(path: Path, clock: FakeClock) -> None:
    process = await started(ENQUEUE_FOR_EVER, path)
    assert process.stdout is not None
    accepted = [(await process.stdout.readline()).decode().strip() for _ in range(50)]
    process.kill()
    rest, _ = await process.communicate()
    accepted += [line.decode() for line in rest.splitlines(keepends=False) if len(line) == len(accepted[0])]
    backend = SqliteBackend(path, clock)
    await backend.open()
    for task_id in accepted:
        assert (await backend.tasks.get(task_id)).id == task_id
    await backend.close()


async def test_processes_that_drain_one_file_claim_each_task_once(path: Path, new_task: TaskFactory) -> None:
    backend = SqliteBackend(path, SystemClock())
    await backend.open()
    tasks = [new_task() for _ in range(300)]
    await backend.tasks.add(tasks)
    processes = [await started(DRAIN, path) for _ in range(3)]
    ends = await asyncio.gather(*(process.communicate() for process in processes))
    assert [errors.decode() for _, errors in ends] == [""] * 3
    assert sorted(b"".join(output for output, _ in ends).decode().split()) == [task.id for task in tasks]
    assert (await backend.diagnose())[3].status is Severity.OK
    await backend.close()


async def test_opening_an_open_backend_again_changes_nothing(trial: Trial, backend: SqliteBackend) -> None:
    await trial.added()
    threads = threading.active_count()
    await backend.open()
    await trial.added()
    assert threading.active_count() == threads


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

"""A SQLite file that was deleted or replaced under a worker never comes back to it: only a new process opens what is
there now, so the worker ends and its supervisor starts another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backstage.domain.errors import StoreReplacedError
from backstage.domain.task_state import TaskState
from tests.worker.workers import DEADLINE, Workers, reached, until


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    other = path.with_name("other.db")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize("spoil", [delete, replace])
async def test_a_worker_gives_up_a_file_that_stays_another(
    own_directory: None, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "tasks.db"
    workers = Workers(f"sqlite:///{path}")
    worker = workers.new(stuck_after=0.3)
    worker.on("t", asyncio.Event().wait)
    await worker.start()
    await reached(worker, await worker.enqueue("t"), TaskState.RUNNING)
    spoil(path)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(StoreReplacedError):
            await worker.wait()
    assert worker.vital_signs().running == 0
    with pytest.raises(StoreReplacedError):
        await workers.stop()


async def test_a_file_that_comes_back_in_time_is_worked_on(own_directory: None, tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    workers = Workers(f"sqlite:///{path}")
    worker = workers.new(stuck_after=DEADLINE)
    worker.on("t", lambda: "ran")
    await worker.start()
    path.rename(tmp_path / "aside")
    await until(lambda: any(loop.replaced for loop in worker.vital_signs().loops))
    (tmp_path / "aside").rename(path)
    assert (await reached(worker, await worker.enqueue("t"))).result == "ran"
    await workers.stop()


def test_the_process_ends_with_1(tmp_path: Path) -> None:
    environment = {**os.environ, "BACKSTAGE_STUCK_AFTER": "0.3", "BACKSTAGE_POLL_INTERVAL": "0.1"}
    command = [sys.executable, "-m", "worker.run", "--url", "sqlite:///tasks.db", "--log-format", "json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            while "worker_started" not in (line := process.stdout.readline()):
                assert line
            (tmp_path / "tasks.db").unlink()
            output, _ = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "store_replaced" in output and "backstage: " in output

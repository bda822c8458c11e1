"""An upgrade takes the package's files away under a worker that drains: it goes on with what it has read."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from backstage import Container, EnqueueTask
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import asyncio, os, sys
from backstage import Worker
from backstage.worker.hosting import whole_program

url, folder = sys.argv[1:]
worker = Worker(url, silent=True, until_idle=True, poll_interval=0.05, grace_period=30.0)

@worker.on("hold", max_attempts=1)
async def hold(context):
    while not whole_program.loaded:  # which begins with the first claim, and takes less than a second
        await asyncio.sleep(0.01)
    print("running", flush=True)
    while os.path.exists(folder):
        await asyncio.sleep(0.01)
    from backstage import Next, TaskResult
    await context.progress(0.5)
    return TaskResult(next=[Next("fails"), Next("later", {"n": 1}, priority=5)])

@worker.on("fails", max_attempts=2, backoff="fixed 0")
def fails():
    raise ValueError("on purpose")

worker.on("later", lambda n: n)
worker.listen("worker-task:completed", durable="mine")(lambda event: None)
asyncio.run(worker.run())
print("stopped", flush=True)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "redis"])
async def test_a_worker_ends_its_tasks_although_its_package_is_gone(url: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    await asyncio.to_thread(_install, site)
    async with Container.open(url, silent=True) as backstage:
        held = await backstage.enqueue_task(EnqueueTask("hold"))
        assert isinstance(held, Task)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", PROGRAM, url, str(site)),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(site)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"running\n", (await process.communicate())[1].decode()
        site.rename(tmp_path / "gone")
        output, errors = await process.communicate()
        assert (output, errors.decode(), process.returncode) == (b"stopped\n", "", 0)
        found = await backstage.find_tasks(TaskQuery(limit=10))
        states = {task.type: task.state.value for task in found.tasks}
        assert states == {"hold": "completed", "fails": "failed", "later": "completed", **_delivered(states)}


def _delivered(states: dict[str, str]) -> dict[str, str]:
    return {name: "completed" for name in states if name.startswith("backstage:deliver:")}


def _install(site: Path) -> None:
    """As a wheel lies in site-packages."""
    shutil.copytree(ROOT / "src", site / "backstage")
    shutil.copytree(ROOT / "migrations", site / "backstage" / "migrations")


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str) -> str:
    found: str = request.getfixturevalue(f"{kind}_url")
    return found

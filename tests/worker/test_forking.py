"""A handler that forks, and whose child comes back to the worker's own code."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, os, sys
from backstage import Worker

def fork():
    child = os.fork()
    if child == 0:
        if sys.argv[2] == "raises":
            raise ValueError("in the child")
        return "child"
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

async def fork_on_the_loop():
    return fork()

async def main():
    worker = Worker(sys.argv[3], until_idle=True, silent=True, concurrency=1)
    worker.on("fork", fork if sys.argv[1] == "thread" else fork_on_the_loop, max_attempts=1)
    worker.on("good", lambda payload: payload)
    ids = [(await worker.enqueue("fork")).id, *[(await worker.enqueue("good", n)).id for n in range(3)]]
    await worker.start()
    await worker.wait()
    async with worker:
        print([(await worker.backstage.get_task(each)).result for each in ids])

asyncio.run(main())
"""


@pytest.mark.parametrize(("place", "ending"), [("thread", "returns"), ("loop", "raises")])
def test_the_child_ends_where_the_handler_does_and_works_for_nobody(place: str, ending: str, tmp_path: object) -> None:
    command = [sys.executable, "-c", SCRIPT, place, ending, f"sqlite:///{tmp_path}/tasks.db"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout == "[0, 0, 1, 2]\n", ended.stderr

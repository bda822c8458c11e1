"""A worker's process ends soon after its worker, whatever its handlers left behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, atexit, sys, threading, time
from backstage import Worker
from backstage.domain.errors import StorageUnavailableError
from backstage.worker.hosting import bounded_exit
from backstage.worker.command.command import main, run_here

bounded_exit.PATIENCE = bounded_exit.AT_EXIT_PATIENCE = 0.3
kept = []

def forever():
    time.sleep(600)

async def stubborn():
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass

def thread():
    threading.Thread(target=forever, name="left-by-a-client").start()

async def executor():
    kept.append(asyncio.get_running_loop().run_in_executor(None, forever))

async def coroutine():
    kept.append(asyncio.create_task(stubborn()))

def at_exit():
    atexit.register(forever)

def nothing():
    pass

async def store_that_fails(self):
    raise StorageUnavailableError("gone")

what, then = sys.argv[1:]
worker = Worker("memory://", until_idle=True)
worker.on("t", globals()[what])

async def enqueue():
    await worker.enqueue("t")

if then == "fails":
    threading.Thread(target=forever, name="left-by-a-client").start()
    Worker.run = store_that_fails
else:
    before, Worker.run = Worker.run, None

    async def run(self):
        await enqueue()
        await before(self)

    Worker.run = run
code = run_here(worker)
if then == "goes on":
    time.sleep(1)
    print("went on")
sys.exit(code)
"""


def ends(what: str, then: str = "ends") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT, what, then]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("thread", "thread left-by-a-client in "),
        ("executor", " in forever ("),
        ("coroutine", "coroutine object stubborn"),
        ("at_exit", "atexit handler in forever ("),
    ],
)
def test_what_a_handler_left_behind_is_named_and_not_waited_for(what: str, named: str) -> None:
    ended = ends(what)
    assert ended.returncode == 0
    [line] = [line for line in ended.stderr.splitlines() if "left_behind" in line]
    assert named in line


def test_the_exit_code_is_that_of_the_worker() -> None:
    ended = ends("nothing", "fails")
    assert ended.returncode == 1
    assert "left_behind" in ended.stderr and "left-by-a-client" in ended.stderr
    assert "StorageUnavailableError: gone" in ended.stderr


def test_a_caller_who_goes_on_is_left_alone() -> None:
    ended = ends("nothing", "goes on")
    assert (ended.returncode, ended.stdout) == (0, "went on\n")
    assert "left_behind" not in ended.stderr

"""Worker processes that are ready before they are told to begin, so that their start is not measured."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from benchmarks.scene import Scene

READY, GO = "ready", "go"


class WorkerProcess:
    """It writes READY, reads GO, and ends with one line of JSON; it is told to stop when its parent is gone."""

    def __init__(self, command: Sequence[str]) -> None:
        tied = [sys.executable, "-m", "backstage.worker.executing.tied_process", str(os.getpid()), *command]
        self._process = subprocess.Popen(tied, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != READY:
            raise ChildProcessError(f"a worker process ended with {self._process.wait()} before it was ready")

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{GO}\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """What it wrote in the end; closes its input, which tells it to end."""
        text, _ = self._process.communicate()
        if self._process.returncode:
            raise ChildProcessError(f"a worker process ended with {self._process.returncode}")
        return json.loads(text)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def worker_processes(module: str, scene: Scene, number: int) -> AbstractContextManager[list[WorkerProcess]]:
    """A module of ours, run so many times at once."""
    return processes_of([sys.executable, "-m", module, scene.to_json()], number)


@contextlib.contextmanager
def processes_of(command: Sequence[str], number: int) -> Iterator[list[WorkerProcess]]:
    """So many, all ready; none is left behind."""
    processes: list[WorkerProcess] = []
    try:
        for _ in range(number):
            processes.append(WorkerProcess(command))
        for each in processes:
            each.wait_until_ready()
        yield processes
    finally:
        for each in processes:
            each.kill()


def say_ready() -> None:
    print(READY, flush=True)


def wait_for_go() -> None:
    if sys.stdin.readline().strip() != GO:
        raise SystemExit("was not told to go")

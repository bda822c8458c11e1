"""Worker processes that are ready before they are told to begin, so that their start is not measured."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.scene import Scene

READY, GO = "ready", "go"


class WorkerProcess:
    """A module run as a process: it writes READY, reads GO, and ends with one line of JSON."""

    def __init__(self, module: str, scene: Scene) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, scene.to_json()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

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


@contextlib.contextmanager
def worker_processes(module: str, scene: Scene, number: int) -> Iterator[list[WorkerProcess]]:
    """So many, all ready; none is left behind."""
    processes: list[WorkerProcess] = []
    try:
        for _ in range(number):
            processes.append(WorkerProcess(module, scene))
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

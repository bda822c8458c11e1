"""The files of ours through which a task goes on a store, as `benchmarks.house` finds them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.house import walks

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Walked:
    """Of one awaited enqueue, and of one task from its claim to its stored end."""

    enqueue: list[str]
    run: list[str]


def walked(url: str) -> Walked:
    """In a process of its own: CPython 3.11 spins for ever when a profiler is set while any thread has an asynchronous
    error to raise, as one has that a handler blocks and its worker gave up."""
    command = (sys.executable, "-m", "tests.walked", url)
    answer = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True, timeout=60)
    return Walked(**json.loads(answer.stdout))


if __name__ == "__main__":
    enqueue, run = asyncio.run(walks(sys.argv[1]))
    sys.stdout.write(json.dumps({"enqueue": enqueue.rooms(), "run": run.rooms()}))

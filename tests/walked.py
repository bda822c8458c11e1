"""The files of ours through which a task goes on a store, as `benchmarks.house` finds them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Walked:
    """Of one awaited enqueue, and of one task from its claim to its stored end."""

    enqueue: list[str]
    run: list[str]


def walked(url: str) -> Walked:
    """In a process of its own: CPython 3.11 spins for ever when a profiler is set while any thread has an asynchronous
    error to raise, as one has that a handler blocks and its worker gave up."""
    command = (sys.executable, "-m", "benchmarks.house", "--walks", url)
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return Walked(**json.loads(answer.stdout))

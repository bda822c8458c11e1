"""Runs a coroutine function of a test in a process of its own.

CPython 3.11 spins for ever when a profiler is set while any thread has an asynchronous error to raise, as one has that
a handler blocks and its worker gave up. So what counts calls does not run among other tests.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
_ROOT = Path(__file__).parents[1]


def in_own_process(work: Callable[..., Coroutine[Any, Any, T]], *arguments: str | int) -> T:
    """Return what `work` returns there; both its arguments and that are JSON."""
    name = f"{work.__module__}:{work.__qualname__}"
    command = (sys.executable, "-m", "tests.own_process", name, json.dumps(arguments))
    answer = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=200)
    assert answer.returncode == 0, answer.stderr
    returned: T = json.loads(answer.stdout)
    return returned


class CountedCalls:
    """The calls of Python functions on this thread, from entering to leaving."""

    def __init__(self) -> None:
        self.number = 0

    def __enter__(self) -> CountedCalls:
        sys.setprofile(self._count)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)
        self.number -= 1  # this one

    def _count(self, frame: FrameType, event: str, argument: object) -> None:
        self.number += event == "call"


if __name__ == "__main__":
    module, _, function = sys.argv[1].partition(":")
    asked = getattr(import_module(module), function)(*json.loads(sys.argv[2]))
    sys.stdout.write(json.dumps(asyncio.run(asked)))

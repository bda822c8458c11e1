"""What really happened, as the processes wrote it down: it survives each of them."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "JOURNEY_LEDGER"


@dataclass(frozen=True, slots=True)
class Entry:
    """`at` is seconds of the machine's monotonic clock, which all its processes share; `wall` is Unix time."""

    at: float
    wall: float
    pid: int
    event: str
    task: str
    fence: int


class Ledger:
    """Lines of one file, each one write() on O_APPEND, so that two are never mixed.

    Each begins on a new line: one that a kill -9 tore stands alone, and says nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[Entry] = []
        self._read = 0

    @classmethod
    def of_this_process(cls) -> Ledger:
        return cls(Path(os.environ[VARIABLE]))

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to find it."""
        return {VARIABLE: str(self._path)}

    def write(self, event: str, task: str = "", fence: int = 0) -> None:
        line = json.dumps([time.monotonic(), time.time(), os.getpid(), event, task, fence])
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, f"\n{line}\n".encode())
        finally:
            os.close(file)

    def entries(self, event: str | None = None, task: str | None = None) -> list[Entry]:
        """Those that match, in the order they were written."""
        self._read_on()
        return [each for each in self._entries if event in (None, each.event) and task in (None, each.task)]

    def pids(self, event: str = "start") -> set[int]:
        return {each.pid for each in self.entries(event)}

    def _read_on(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return  # it is still being written
                self._read += len(line)
                with contextlib.suppress(ValueError):
                    self._entries.append(_entry(json.loads(line)))


def _entry(values: list[Any]) -> Entry:
    return Entry(*values)

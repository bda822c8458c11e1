"""A real worker: `python -m worker.run` as a user starts it, with its log and its exit code."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.journeys.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
HANDLERS = "tests.journeys.handlers"


class WorkerProcess:
    """Started at once. `settings` are those of Settings, passed as BACKSTAGE_… variables."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str] = ("-m", "worker.run"),
        *,
        environment: Mapping[str, str],
        **settings: object,
    ) -> None:
        self._log = folder / f"worker-{time.monotonic_ns()}.log"
        variables = {f"BACKSTAGE_{name.upper()}": str(value) for name, value in settings.items()}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """The log's entries of that name."""
        entries = [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]
        return [entry for entry in entries if event in (None, entry["event"])]

    def output(self) -> str:
        text = self._log.read_text("utf-8", "replace")
        return text[: text.rfind("\n") + 1]

    async def ready(self) -> None:
        """Return once it claims tasks."""
        await self.logged("worker_started")

    async def logged(self, event: str, times: int = 1) -> None:
        await until(f"{event} of {self.pid}", lambda: len(self.lines(event)) >= times or not self.is_alive)
        assert len(self.lines(event)) >= times, self.output()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> float:
        """Kill it as the kernel would, and return the moment (monotonic)."""
        at = time.monotonic()
        self._process.kill()
        self._process.wait()
        return at

    async def code(self, seconds: float = PATIENCE) -> int:
        """Its exit code once it has ended."""
        await until(f"the end of {self.pid}", lambda: not self.is_alive, seconds)
        await asyncio.sleep(0)
        return self._process.wait()

    def end(self) -> None:
        """Leave nothing behind: not even a stopped one."""
        if self.is_alive:
            self._process.kill()
        self._process.wait()

"""A server's process: started as nobody, killed as the kernel would, frozen, and never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from tests.servers.unprivileged import server_user

PATIENCE = 60.0
"""Seconds until a server counts as never to come up or to end, on a machine that is busy with other things."""
_LOOK = 0.01


class ServerProcess:
    """One process with its children. It dies with the thread that started it (Linux)."""

    def __init__(self, command: Sequence[str | Path], folder: Path) -> None:
        self._log = folder / "server.log"
        user = server_user()
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py"))]
        launcher += [str(os.getpid()), "-" if user is None else str(user)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher, *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def wait_until(self, is_ready: Callable[[], bool]) -> bool:
        """Return whether it became ready; False: it ended. Raises TimeoutError when neither happens."""
        deadline = time.monotonic() + PATIENCE
        while self.is_alive:
            if is_ready():
                return True
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"the server is not ready after {PATIENCE:g} s:\n{self.log()}")
            time.sleep(_LOOK)
        return False

    def wait(self) -> int:
        """Its exit code once it has ended by itself."""
        return self._process.wait(PATIENCE)

    def stop(self, number: signal.Signals) -> None:
        """Ask it to end, and return when it has ended; when it does not, kill it and raise TimeoutExpired."""
        if not self.is_alive:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill all its processes at once, and return when they are gone."""
        family = self._family()
        self._signal(signal.SIGKILL)
        self._process.wait()
        psutil.wait_procs(family, PATIENCE)

    def freeze(self) -> None:
        """Stop all its processes where they are: its connections stay open and silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _family(self) -> list[psutil.Process]:
        """It first: a parent that is stopped or dead starts no more children."""
        try:
            parent = psutil.Process(self._process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def run_as_server(command: Sequence[str | Path], folder: Path) -> None:
    """Run a program of the server to its end. Raises RuntimeError with what it said when it failed."""
    process = ServerProcess(command, folder)
    if process.wait():
        raise RuntimeError(f"{command[0]} failed:\n{process.log()}")

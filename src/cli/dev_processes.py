"""A worker that starts again when its sources change, and the processes that run beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from backstage.cli.source_watch import SourceWatch
from backstage.worker.command.awaited_signals import awaited_signals

LOOKS_EVERY = 0.4
STOPS_WITHIN = 10.0
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class DevProcesses:
    """Runs until it is told to stop. `worker` and each of `beside` are arguments of the `backstage` command.

    All are tied to this process, and in process groups of their own: Ctrl-C reaches them through here.
    """

    def __init__(self, worker: Sequence[str], beside: Sequence[Sequence[str] | None], watch: SourceWatch) -> None:
        self._worker, self._watch = worker, watch
        self._beside = [command for command in beside if command is not None]

    def run(self) -> None:
        processes = [_started(command) for command in self._beside]
        worker: subprocess.Popen[bytes] | None = _started(self._worker)
        try:
            with awaited_signals(_STOPPING) as next_signals:
                while not next_signals(LOOKS_EVERY):
                    changed = self._watch.changed()
                    if changed:
                        _say(f"{_shown(changed)} changed: the worker starts again")
                        _stop([worker] if worker else [])
                        worker = _started(self._worker)
                    elif worker is not None and worker.poll() is not None:
                        _say(f"the worker ended with {worker.returncode}: it starts again when a file changes")
                        worker = None
        finally:
            _stop([*processes, *([worker] if worker else [])])


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    tied = (sys.executable, "-m", "backstage.worker.executing.tied_process", str(os.getpid()))
    return subprocess.Popen([*tied, sys.executable, "-m", "backstage", *command], process_group=0)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOPS_WITHIN
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _shown(changed: Sequence[Path]) -> str:
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{changed[0].name}{more}"


def _say(text: str) -> None:
    print(f"backstage: {text}", file=sys.stderr, flush=True)

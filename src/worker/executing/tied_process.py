"""Ties a process to the one that started it: when that one dies, however it dies, so does this.

`python -m backstage.worker.executing.tied_process PARENT_PID COMMAND …` becomes COMMAND, tied: it is told to stop
with SIGTERM when its parent is gone. Linux only (prctl(2), PR_SET_PDEATHSIG, which survives an exec); elsewhere it
does nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tie_to_parent(parent_pid: int, signal_number: int) -> None:
    """Have the kernel send this process a signal when its parent ends; at once when it already has."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before the line above
        os.kill(os.getpid(), signal_number)


def main(arguments: Sequence[str]) -> None:
    parent_pid, *command = arguments
    tie_to_parent(int(parent_pid), signal.SIGTERM)
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])

"""Run as a script: become another user, die with the parent, and then be the server's program.

    python -I -S launch.py PARENT_PID USER_ID PROGRAM ARGUMENT...

USER_ID "-" keeps the user. Standard library only, all of it imported first: the other user may not be able to read it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_C = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """Have the kernel kill us when the thread that started us is gone. After setuid, which would undo it."""
    if not sys.platform.startswith("linux"):
        return
    _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


def main() -> None:
    parent, user, *command = sys.argv[1:]
    if user != "-":
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    _die_with(int(parent))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()

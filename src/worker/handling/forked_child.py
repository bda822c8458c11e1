from __future__ import annotations

import contextlib
import os
import sys


def end_if_forked(pid: int) -> None:
    """End this process if it is not `pid`: a handler that ran there has forked it, and came back here as well.

    It is a copy of the worker, with the same sockets, and would go on to work beside it. What waits at the exit of
    the interpreter is its parent's.
    """
    if os.getpid() == pid:
        return
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)

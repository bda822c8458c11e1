from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn


def end_forked() -> NoReturn:
    """End this process, which is not the one that called the handler: that has forked it, and came back here as well.

    It is a copy of the worker, with the same sockets, and would go on to work beside it. What waits at the exit of
    the interpreter is its parent's.
    """
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)

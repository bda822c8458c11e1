from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

forks = 0
"""How many forks lie between the process that began and this one: who finds it higher than before is in a child. It is
counted because asking for the process's id costs a system call."""


def _count() -> None:
    global forks  # noqa: PLW0603 - it is of the process
    forks += 1


os.register_at_fork(after_in_child=_count)


def end_forked() -> NoReturn:
    """End this process, which is not the one that called the handler: that has forked it, and came back here as well.

    It is a copy of the worker, with the same sockets, and would go on to work beside it. What waits at the exit of
    the interpreter is its parent's.
    """
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)

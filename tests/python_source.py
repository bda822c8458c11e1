"""Reading Python's own code."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def parsed(code: str) -> ast.Module:
    """Raises SyntaxError."""
    with collector_at_rest():
        return ast.parse(code)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """For the time of `ast.parse`.

    The garbage collector may find an asyncio task whose exception nobody asked for. asyncio logs its traceback, for
    which Python 3.11 parses lines, and there the outer one of two parsers ends with SystemError.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

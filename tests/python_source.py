"""Reading Python's own code."""

from __future__ import annotations

import ast
import gc


def parsed(code: str) -> ast.Module:
    """`ast.parse` while the garbage collector rests. Raises SyntaxError.

    The collector may find an asyncio task whose exception nobody asked for. asyncio logs its traceback, for which
    Python 3.11 parses lines, and there the outer one of two parsers ends with SystemError.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(code)
    finally:
        if was_enabled:
            gc.enable()

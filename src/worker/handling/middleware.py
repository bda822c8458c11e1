"""What a middleware is, and how several become one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from backstage.worker.handling.context import TaskContext

Run = Callable[[TaskContext], Awaitable[Any]]
"""Runs the task of a context and returns what its handler returned."""

Middleware = Callable[[Run], Run]
"""Wraps a Run. It may act before and after, replace the value, raise, or not call the inner one at all."""


def compose(middlewares: Iterable[Middleware], run: Run) -> Run:
    """Wrap `run` so that the first middleware is the outermost. Called once for each handler, not for each task."""
    for middleware in reversed(tuple(middlewares)):
        run = middleware(run)
    return run

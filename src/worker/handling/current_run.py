from __future__ import annotations

from contextvars import ContextVar

from backstage.worker.handling.context import TaskContext

current_run: ContextVar[TaskContext] = ContextVar("backstage_current_run")
"""The context that the worker made for the run: a middleware may pass another one on to the handler."""

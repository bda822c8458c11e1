from __future__ import annotations

from contextvars import ContextVar

from backstage.domain.task import Task

current_task: ContextVar[Task | None] = ContextVar("backstage_current_task", default=None)
"""The task whose handler runs here; what it enqueues carries its correlation id on."""

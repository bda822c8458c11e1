from __future__ import annotations

from backstage.worker.handler_registry import RegisteredHandler

ANY_TYPE = "*"
"""Stands for the types that have no handler of their own; no type has this name."""


class RunsByType(dict[str, RegisteredHandler]):
    """A type without a handler of its own has that for any type, if there is one."""

    def __missing__(self, task_type: str) -> RegisteredHandler:
        if ANY_TYPE not in self:
            raise KeyError(task_type)
        return self[ANY_TYPE]

from __future__ import annotations

from backstage.domain.worker_info import EVERY_TYPE
from backstage.worker.handling.handler_registry import RegisteredHandler


class RunsByType(dict[str, RegisteredHandler]):
    """A type without a handler of its own has that for any type, if there is one."""

    def __missing__(self, task_type: str) -> RegisteredHandler:
        if EVERY_TYPE not in self:
            raise KeyError(task_type)
        return self[EVERY_TYPE]

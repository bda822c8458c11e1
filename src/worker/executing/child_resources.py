"""What modules open in a handler's process, and the event loop that it lives on."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine, Sequence
from importlib import import_module
from typing import Any

from backstage.worker.handling.handler_modules import marked_in
from backstage.worker.handling.resources import Resources


class ChildResources:
    """Where something is opened, all async handlers of the process run on the loop that opened it; else each has a loop
    of its own."""

    def __init__(self) -> None:
        self.modules: Sequence[str] = ()
        self._runner: asyncio.Runner | None = None
        self._resources = Resources()

    def open(self) -> None:
        """Open them, unless they are open. Raises ResourceFailedError, and the next run tries again."""
        if not self.modules or self._runner is not None:
            return
        for name in self.modules:
            self._resources.add(marked_in(import_module(name)).resources)
        runner = asyncio.Runner()
        try:
            runner.run(self._resources.open())
        except BaseException:
            runner.close()
            raise
        self._runner = runner

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Return what an async handler returns."""
        return asyncio.run(coroutine) if self._runner is None else self._runner.run(coroutine)

    def close(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            with runner:
                runner.run(self._resources.close(_tell))


def _tell(name: str, error: BaseException) -> None:
    traceback.print_exception(error)

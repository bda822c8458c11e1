"""Where another process finds a handler: a module to import, and a name in it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from backstage.domain.errors import ConfigurationError
from backstage.worker.handler import HANDLER_MARK


@dataclass(frozen=True, slots=True)
class HandlerPath:
    module: str
    name: str
    """Dotted, from the module's level down."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> HandlerPath:
        """Raises ConfigurationError for a function that a fresh interpreter could not find by its name."""
        label = getattr(function, "__qualname__", repr(function))
        if not inspect.isfunction(function):
            raise ConfigurationError(label, 'run_in="process" takes a plain function: define it at module level')
        if "<" in label:  # <lambda>, or inside a function: outer.<locals>.inner
            raise ConfigurationError(label, 'run_in="process" needs a name to import it by: define it at module level')
        if function.__module__ == "__main__":
            raise ConfigurationError(
                label,
                'run_in="process" cannot import it from the program that was started, which would start again: '
                "define it at module level in a module of its own",
            )
        return cls(function.__module__, label)

    def load(self) -> Callable[..., Any]:
        """Import the module and return the function, without the decorators that were put over `@handler`."""
        found: Any = import_module(self.module)
        for part in self.name.split("."):
            found = getattr(found, part)
        registration = getattr(found, HANDLER_MARK, None)
        function: Callable[..., Any] = found if registration is None else registration.handler
        return function

"""Where another process finds a handler: a module to import, and a name in it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.domain.task_type import HANDLER_MARK


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
            raise ConfigurationError(label, 'run_in="process" needs a name to import: define it at module level')
        if function.__module__ == "__main__":
            raise ConfigurationError(
                label,
                'run_in="process" cannot import it from the main program, which would start again: '
                "define it at module level in another module",
            )
        if not _is_found(function):
            raise ConfigurationError(
                label,
                'run_in="process" would find another function under that name: decorate it where it is defined',
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


def _is_found(function: Callable[..., Any]) -> bool:
    """Whether the name leads to the function, perhaps with further decorators, or to nothing yet."""
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    while found is not None and found is not function:
        registration = vars(found).get(HANDLER_MARK) if hasattr(found, "__dict__") else None
        if registration is not None and registration.handler is function:
            return True
        found = getattr(found, "__wrapped__", None)
        if found is None:
            return False
    return True

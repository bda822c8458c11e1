"""Keeps the logging library from loading rich, which formats tracebacks for a terminal.

It loads rich wherever that is installed, and rich is one of our own dependencies: three quarters of what a logger takes
to load, for a formatter that ours does not use. So rich is loaded when the library first uses something of it. Whatever
else imports rich gets rich itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_MODULES = ("rich", "rich.console", "rich.pretty", "rich.traceback")


@contextmanager
def deferred_rich() -> Iterator[None]:
    """Within the block `structlog` can be imported without rich."""
    if any(name in sys.modules for name in ("structlog", *_MODULES)):
        yield
        return
    stand_ins = {name: _StandIn(name) for name in _MODULES}
    for name, stand_in in stand_ins.items():
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(stand_ins[parent], last, stand_in)
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class _StandIn(ModuleType):
    """What is taken from it is looked up in the module of that name when it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(self.__name__, name)


class _Later:
    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._loaded()(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loaded(), name)

    def _loaded(self) -> Any:
        return getattr(import_module(self._module), self._name)

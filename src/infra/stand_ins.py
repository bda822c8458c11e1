"""Keeps a library from loading another one that it takes wherever it is installed, and that we do not use through it.

structlog loads rich, which is one of our own dependencies, to show tracebacks on a terminal: three quarters of what a
logger takes to load. redis-py loads the metrics of OpenTelemetry, for those who switch its own on. Told that there is
no such library, they would treat everybody else in the process so. A stand-in loads it when something of it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


@contextmanager
def standing_in(user: str, *names: str) -> Iterator[None]:
    """Within the block `user` can be imported without the modules of these names, which it takes something of.

    Whatever imports them afterwards gets them themselves.
    """
    if any(name in sys.modules for name in (user, *names)) or not _is_installed(names[0]):
        yield
        return
    stand_ins = {name: _StandIn(name) for name in names if name not in sys.modules}
    for name, stand_in in stand_ins.items():
        parent, _, last = name.rpartition(".")
        if parent in stand_ins:
            setattr(stand_ins[parent], last, stand_in)
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is not
        return False


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
        if name.startswith("__"):  # asked for by annotations, such as Optional[…], which is no use of it
            raise AttributeError(name)
        return getattr(self._loaded(), name)

    def _loaded(self) -> Any:
        return getattr(import_module(self._module), self._name)

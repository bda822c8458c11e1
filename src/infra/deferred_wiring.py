"""Keeps the container library from loading every web framework that is installed.

Its module `wiring`, which puts what a container holds into functions, imports FastAPI, Starlette and others wherever
they are installed, and its module `containers` imports `wiring`: that doubles what a worker takes to start, though it
serves no page. So `wiring` is imported when somebody wires, or imports it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_WIRING = "dependency_injector.wiring"


@contextmanager
def deferred_wiring() -> Iterator[None]:
    """Within the block `dependency_injector.containers` can be imported without `dependency_injector.wiring`."""
    if _WIRING in sys.modules:
        yield
        return
    stand_in: Any = ModuleType(_WIRING)
    stand_in.wire, stand_in.unwire = _wire, _unwire
    sys.modules[_WIRING] = stand_in
    try:
        yield
    finally:
        del sys.modules[_WIRING]


def _wire(*arguments: Any, **options: Any) -> None:
    import_module(_WIRING).wire(*arguments, **options)


def _unwire(*arguments: Any, **options: Any) -> None:
    import_module(_WIRING).unwire(*arguments, **options)

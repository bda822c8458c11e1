"""What a handler's process is given by its worker before its first run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from typing import Any, TypeVar

from backstage.domain.deferred_dataclass import dataclass
from backstage.worker.executing.process_frames import Frame
from backstage.worker.handling.blocking_uses import BlockingUses

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ChildSetup:
    """`variables` are added to the worker's own environment. `store` is a class without arguments at the top of its
    module: what `context.backstage` is in the child, where it is found by its name; None: it has no store."""

    variables: Mapping[str, str] = field(default_factory=dict)
    store: type[BlockingUses] | None = None
    resource_modules: Sequence[str] = ()
    """Those that open something before the first run."""

    def frame(self, path: list[str]) -> Frame:
        """`path` is where the child imports from."""
        store = None if self.store is None else [self.store.__module__, self.store.__qualname__]
        return {"kind": "prepare", "path": path, "store": store, "resource_modules": [*self.resource_modules]}


class LateStore(BlockingUses):
    """The store's code is imported by the first handler that uses it: most use none, and start sooner."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name
        self._store: BlockingUses | None = None

    def run(self, use: Callable[[Any], Coroutine[Any, Any, Value]]) -> Value:
        if self._store is None:
            self._store = getattr(import_module(self._module), self._name)()
        return self._store.run(use)

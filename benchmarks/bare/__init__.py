"""The limits: what the stores' own clients take for our statements and for the same rows, without anything of ours.

Each kind of store has `recording(url)`, which yields the URL to use and a list that every call to the store is added
to, and `replayer(url)`, which makes such calls again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import Any, Protocol

from benchmarks.bare import postgresql, redis, sqlite
from benchmarks.scene import Scene
from benchmarks.systems import SYSTEMS

Call = Any
"""As its store knows it."""


class Replayer(Protocol):
    async def replay(self, calls: list[Call]) -> None:
        """Make them again, one after the other."""
        ...

    async def copy(self, rows: list[Any]) -> None:
        """Store rows by the quickest way that the client has."""
        ...


def recording_of(scene: Scene) -> Callable[[str], AbstractAsyncContextManager[tuple[str, list[Call]]]]:
    found: Callable[[str], AbstractAsyncContextManager[tuple[str, list[Call]]]] = _module(scene).recording
    return found


def replayer_of(scene: Scene) -> Callable[..., AbstractAsyncContextManager[Replayer]]:
    found: Callable[..., AbstractAsyncContextManager[Replayer]] = _module(scene).replayer
    return found


def rows_of(scene: Scene) -> Callable[[str, int], Any]:
    """`await rows(url, at_once)`: the rows of all tasks there, in batches for `copy`."""
    found: Callable[[str, int], Any] = _module(scene).rows
    return found


def _module(scene: Scene) -> ModuleType:
    return {"postgresql": postgresql, "redis": redis, "sqlite": sqlite}[SYSTEMS[scene.system].backend]

"""How a function says that it opens or closes what handlers share, and nothing more: it stays a plain function."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import Enum, auto
from typing import Any, TypeVar

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError

Function = TypeVar("Function", bound=Callable[[], Any])
Lifespan = TypeVar("Lifespan", bound=Callable[[], AsyncIterator[None] | Iterator[None]])
RESOURCE_MARK = "__backstage_resource__"


class Moment(Enum):
    START = auto()
    STOP = auto()
    BOTH = auto()


@dataclass(frozen=True, slots=True)
class Resource:
    """What a module does once in each process that runs its handlers."""

    moment: Moment
    function: Callable[[], Any]

    @property
    def name(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Open it on entering, close it on leaving."""
        if self.moment is Moment.BOTH and inspect.isasyncgenfunction(self.function):
            async with asynccontextmanager(self.function)():
                yield
        elif self.moment is Moment.BOTH:
            with contextmanager(self.function)():
                yield
        elif self.moment is Moment.START:
            await self._call()
            yield
        else:
            yield
            await self._call()

    async def _call(self) -> None:
        value = self.function()
        if inspect.isawaitable(value):
            await value


def on_start(function: Function) -> Function:
    """Mark a function (sync or async, without arguments) to be called before the first task of each process that runs
    the module's handlers: the worker's own, and those of `run_in="process"`. What it raises stops the worker."""
    return _marked(Moment.START, function, "on_start")


def on_stop(function: Function) -> Function:
    """Mark a function to be called when the last task of such a process has ended."""
    return _marked(Moment.STOP, function, "on_stop")


def lifespan(function: Lifespan) -> Lifespan:
    """Mark a generator, async or not, that opens something, yields once, and closes it: `on_start` and `on_stop` in
    one."""
    if not inspect.isasyncgenfunction(function) and not inspect.isgeneratorfunction(function):
        raise ConfigurationError("lifespan", f"{_label(function)} is no generator: open, `yield` once, then close")
    return _marked(Moment.BOTH, function, "lifespan")


def resource_in(value: object) -> Resource | None:
    """That of a marked function; None of anything else."""
    mark = getattr(value, RESOURCE_MARK, None) if inspect.isfunction(value) else None
    return mark if isinstance(mark, Resource) else None


def _marked(moment: Moment, function: Function, decorator: str) -> Function:
    try:
        inspect.signature(function).bind()
    except TypeError:
        raise ConfigurationError(decorator, f"{_label(function)} needs arguments: nobody would pass any") from None
    setattr(function, RESOURCE_MARK, Resource(moment, function))
    return function


def _label(function: object) -> str:
    return getattr(function, "__qualname__", repr(function))

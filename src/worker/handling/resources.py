from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from backstage.domain.errors import ResourceFailedError
from backstage.worker.handling.resource import Resource

Tell = Callable[[str, BaseException], None]


class Resources:
    """What the modules of one process open before its first task, in their order, and close after its last."""

    def __init__(self) -> None:
        self._declared: list[Resource] = []
        self._held: list[_Held] = []

    def add(self, resources: Iterable[Resource]) -> None:
        """Each once, however many modules name it."""
        self._declared += [each for each in dict.fromkeys(resources) if each not in self._declared]

    @property
    def modules(self) -> tuple[str, ...]:
        """Where they are defined."""
        return tuple(dict.fromkeys(each.function.__module__ for each in self._declared))

    async def open(self) -> None:
        """Open those that are not open. Raises ResourceFailedError, and then what was open is closed."""
        for each in self._declared[len(self._held) :]:
            held = _Held(each)
            try:
                await held.open()
            except BaseException:
                await self.close(_tell_nobody)
                raise
            self._held.append(held)

    async def close(self, tell: Tell, *, within: float | None = None) -> None:
        """Close them, the last one first. `tell` is given the name and the error of one that fails, or takes longer
        than `within` seconds; the others are closed all the same."""
        while self._held:
            await self._held.pop().close(tell, within)


class _Held:
    """One resource, opened and closed by the same asyncio.Task, as cancel scopes demand."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._opened = asyncio.Event()
        self._release = asyncio.Event()
        self._holding = asyncio.create_task(self._hold(), name=f"backstage-resource-{resource.name}")

    async def open(self) -> None:
        opening = asyncio.create_task(self._opened.wait())
        try:
            await asyncio.wait([self._holding, opening], return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._holding.cancel()
            raise
        finally:
            opening.cancel()
        if not self._opened.is_set():
            error = self._holding.exception()
            assert error is not None
            raise ResourceFailedError(self._resource.name, error) from error

    async def close(self, tell: Tell, within: float | None) -> None:
        self._release.set()
        await asyncio.wait([self._holding], timeout=within)
        if not self._holding.done():
            self._holding.cancel()
            tell(self._resource.name, TimeoutError(f"it was not closed within {within:g} seconds"))
        elif not self._holding.cancelled() and (error := self._holding.exception()) is not None:
            tell(self._resource.name, error)

    async def _hold(self) -> None:
        async with self._resource.held():
            self._opened.set()
            await self._release.wait()


def _tell_nobody(name: str, error: BaseException) -> None:
    """Why the start failed is told; what the closing of the rest meets would hide it."""

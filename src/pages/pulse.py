"""Tells open pages once a second whether something changed: one reading of the store for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from backstage.app.use_cases import UseCases
from backstage.domain.errors import TaskError
from backstage.pages.shell import shell_of

INTERVAL = 1.0


class Beat(StrEnum):
    CHANGED = "changed"
    SAME = "beat"
    SILENT = "silent"  # the store did not answer


@dataclass(eq=False)
class _Listener:
    """`seen` is how the shell looked when it was last told, or on the page that listens."""

    use_cases: UseCases
    seen: str
    beats: asyncio.Queue[Beat] = field(default_factory=lambda: asyncio.Queue(maxsize=1))

    def tell(self, look: str | None) -> None:
        beat = Beat.SILENT if look is None else Beat.CHANGED if self.seen and look != self.seen else Beat.SAME
        if self.beats.full() and self.beats.get_nowait() is Beat.CHANGED:
            beat = Beat.CHANGED
        self.beats.put_nowait(beat)
        self.seen = look or self.seen


class Pulse:
    """Reads only while somebody listens."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._listeners: list[_Listener] = []
        self._reading: asyncio.Task[None] | None = None

    async def follow(self, use_cases: UseCases, seen: str = "") -> AsyncIterator[Beat]:
        """At each beat: whether queues, types or workers changed since the one before, and at the first since the page
        whose look is `seen`. A beat that is not taken in time is not repeated, but that something changed is."""
        listener = _Listener(use_cases, seen)
        self._listeners.append(listener)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        try:
            while True:
                yield await listener.beats.get()
        finally:
            self._listeners.remove(listener)

    async def _read(self) -> None:
        """Each time by the use cases of somebody who still listens."""
        while self._listeners:
            try:
                look = (await shell_of(self._listeners[0].use_cases)).look
            except TaskError:  # the store does not answer: the pages keep their last numbers, and say so
                look = None
            for listener in self._listeners:
                listener.tell(look)
            await asyncio.sleep(self._interval)

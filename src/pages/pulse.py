"""Tells open pages once a second whether something changed: one reading of the store for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum

from backstage.app.use_cases import UseCases
from backstage.domain.errors import TaskError
from backstage.pages.shell import Shell, shell_of

INTERVAL = 1.0


class Beat(StrEnum):
    CHANGED = "changed"
    SAME = "beat"
    SILENT = "silent"  # the store did not answer


class Pulse:
    """Reads only while somebody listens."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._listeners: set[asyncio.Queue[Beat]] = set()
        self._reading: asyncio.Task[None] | None = None

    async def follow(self, use_cases: UseCases) -> AsyncIterator[Beat]:
        """At each beat: whether queues, types or workers changed since the one before. A beat that is not taken in
        time is not repeated, but that something changed is."""
        beats: asyncio.Queue[Beat] = asyncio.Queue(maxsize=1)
        self._listeners.add(beats)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(use_cases))
        try:
            while True:
                yield await beats.get()
        finally:
            self._listeners.discard(beats)

    async def _read(self, use_cases: UseCases) -> None:
        before: object = None
        while self._listeners:
            try:
                now = _looks(await shell_of(use_cases))
            except TaskError:  # the store does not answer: the pages keep their last numbers, and say so
                beat, now = Beat.SILENT, before
            else:
                beat = Beat.CHANGED if before is not None and now != before else Beat.SAME
            for beats in self._listeners:
                _tell(beats, beat)
            before = now
            await asyncio.sleep(self._interval)


def _tell(beats: asyncio.Queue[Beat], beat: Beat) -> None:
    if beats.full() and beats.get_nowait() is Beat.CHANGED:
        beat = Beat.CHANGED
    beats.put_nowait(beat)


def _looks(shell: Shell) -> object:
    """What a page shows of it, without what a browser counts on by itself."""
    return shell.stats, [(worker.id, worker.running, worker.state, worker.order) for worker in shell.workers]

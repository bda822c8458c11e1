"""Waking the workers of all processes that share the file: one FIFO per subscriber, no polling
(decision 0105)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

_READ_AT_ONCE = 4096


class SqliteWakeup:
    """Wakeup whose event is set by a byte in this subscriber's FIFO, or by nothing where there are no FIFOs."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def take(self, file: int) -> None:
        """Empty the FIFO: however many woke us, one look is enough."""
        with contextlib.suppress(BlockingIOError):
            while len(os.read(file, _READ_AT_ONCE)) == _READ_AT_ONCE:
                pass
        self._event.set()

    async def wait(self, timeout: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()


class WakeFolder:
    """`<database>-wake/`, where each subscriber has its FIFO."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-wake")

    def wake_all(self) -> None:
        """Leave a byte for every subscriber; never fails, for the timeout is there too."""
        try:
            fifos = [fifo for fifo in self._path.iterdir() if not fifo.name.startswith(".")]
        except OSError:
            return
        for fifo in fifos:
            _signal(fifo)

    @contextlib.asynccontextmanager
    async def subscribe(self) -> AsyncIterator[SqliteWakeup]:
        wakeup = SqliteWakeup()
        loop = asyncio.get_running_loop()
        try:
            fifo, reading, writing = self._make_fifo()
        except OSError:  # a file system without FIFOs, or no permission: the waiter's timeout has to do
            yield wakeup
            return
        loop.add_reader(reading, wakeup.take, reading)
        try:
            yield wakeup
        finally:
            loop.remove_reader(reading)
            os.close(reading)
            os.close(writing)
            with contextlib.suppress(OSError):
                fifo.unlink()

    def remove_if_empty(self) -> None:
        with contextlib.suppress(OSError):
            self._path.rmdir()

    def _make_fifo(self) -> tuple[Path, int, int]:
        """Return the FIFO's path and its two ends. The writing end, unused, keeps the reading end from seeing EOF."""
        name = os.urandom(16).hex()
        hidden, fifo = self._path / f".{name}", self._path / name
        while True:
            self._make_folder()
            try:
                os.mkfifo(hidden, 0o600)
                break
            except FileNotFoundError:
                continue  # somebody who left removed the empty folder meanwhile
        try:
            reading = os.open(hidden, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            writing = os.open(hidden, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            hidden.rename(fifo)  # only now may it be seen: a FIFO nobody reads is taken for a dead subscriber's
        except OSError:
            hidden.unlink(missing_ok=True)
            raise
        return fifo, reading, writing

    def _make_folder(self) -> None:
        with contextlib.suppress(FileExistsError):
            self._path.mkdir(mode=0o700)
        found = self._path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "the wake folder is not ours", str(self._path))


def _signal(fifo: Path) -> None:
    try:
        file = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # its reader died without leaving
            with contextlib.suppress(OSError):
                fifo.unlink()
        return
    try:
        with contextlib.suppress(OSError):  # full: it has been signalled
            os.write(file, b"\0")
    finally:
        os.close(file)

"""Waking the workers of all processes that share the file: one FIFO per subscriber, no polling
(decision 0105)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from backstage.domain.hint import Hint
from backstage.infra.event_wakeup import EventWakeup, address_of, hint_of

_READ_AT_ONCE = 4096
_STANDBY = ".standby-"
"""Before the name of a FIFO whose reader hears nothing but calls. Earlier releases pass over it, for it is hidden."""


class SqliteWakeup(EventWakeup):
    """Wakeup that hears by its FIFO in the folder, or not at all where there are no FIFOs."""

    def __init__(self, folder: WakeFolder, name: str | None) -> None:
        super().__init__()
        self._folder, self._name = folder, name
        self.fifo: Path | None = None

    @property
    def is_called(self) -> bool:
        return self._name is not None and self.fifo is not None

    def hear_all(self) -> None:
        self._rename(lambda name: name.removeprefix(_STANDBY))
        self.wake()  # what was said before was missed

    def hear_calls(self) -> None:
        self._rename(lambda name: _STANDBY + name.removeprefix(_STANDBY))

    async def call(self, names: Sequence[str], hint: Hint) -> None:
        self._folder.call(names, hint)

    def take(self, file: int) -> None:
        """Empty the FIFO: however many woke us, one look is enough."""
        heard: set[int] = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                said = os.read(file, _READ_AT_ONCE)
                heard.update(said)
                if len(said) < _READ_AT_ONCE:
                    break
        for number in heard:
            self.wake(hint_of(str(number)))

    def _rename(self, named: Callable[[str], str]) -> None:
        if self.fifo is None:
            return
        wanted = self.fifo.with_name(named(self.fifo.name))
        if wanted != self.fifo:
            with contextlib.suppress(OSError):  # somebody removed it: then polling has to do
                self.fifo = self.fifo.rename(wanted)


class WakeFolder:
    """`<database>-wake/`, where each subscriber has its FIFO; those that hear nothing but calls hide theirs."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-wake")

    def wake_all(self) -> None:
        """Leave a byte for every subscriber that hears all; never fails, for the timeout is there too."""
        for fifo in self._fifos():
            if not fifo.name.startswith("."):
                _signal(fifo, b"\0")

    def call(self, names: Sequence[str], hint: Hint) -> None:
        beginnings = tuple(map(address_of, names))
        for fifo in self._fifos():
            if fifo.name.removeprefix(_STANDBY).startswith(beginnings):
                _signal(fifo, bytes((hint,)))

    @contextlib.asynccontextmanager
    async def subscribe(self, name: str | None = None) -> AsyncIterator[SqliteWakeup]:
        wakeup = SqliteWakeup(self, name)
        loop = asyncio.get_running_loop()
        try:
            wakeup.fifo, reading, writing = self._make_fifo("" if name is None else address_of(name))
        except OSError:  # a file system without FIFOs, or no permission: the waiter's timeout has to do
            yield wakeup
            return
        self._remove_abandoned()
        loop.add_reader(reading, wakeup.take, reading)
        try:
            yield wakeup
        finally:
            loop.remove_reader(reading)
            os.close(reading)
            os.close(writing)
            with contextlib.suppress(OSError):
                wakeup.fifo.unlink()
            self._remove_abandoned()

    def _fifos(self) -> list[Path]:
        try:
            return list(self._path.iterdir())
        except OSError:
            return []

    def _remove_abandoned(self) -> None:
        """Nobody who wakes all sees that the reader of a hidden FIFO has died."""
        for fifo in self._fifos():
            if fifo.name.startswith(_STANDBY):
                _signal(fifo, b"")

    def remove_if_empty(self) -> None:
        with contextlib.suppress(OSError):
            self._path.rmdir()

    def _make_fifo(self, beginning: str) -> tuple[Path, int, int]:
        """Return the FIFO's path and its two ends. The writing end, unused, keeps the reading end from seeing EOF."""
        name = beginning + os.urandom(16).hex()
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


def _signal(fifo: Path, byte: bytes) -> None:
    try:
        file = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # its reader died without leaving
            with contextlib.suppress(OSError):
                fifo.unlink()
        return
    try:
        with contextlib.suppress(OSError):  # full: it has been signalled
            os.write(file, byte)
    finally:
        os.close(file)

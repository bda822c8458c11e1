"""A file of steps, one JSON line each, which only grows while it is open."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from backstage import ConfigurationError, StorageError, StorageFullError, StorageUnavailableError
from examples.journal.step import Step


class Journal:
    """Belongs to one process at a time. A step is on the disk when `append` has returned, not at all if it raises."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._lock: int | None = None

    @property
    def is_open(self) -> bool:
        return self._file is not None

    def open(self) -> None:
        """Raises ConfigurationError while another process has it open, StorageUnavailableError as the disk says."""
        try:
            self._lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except BlockingIOError:
            self.close()
            raise ConfigurationError(str(self._path), "is open in another process: give each its own file") from None
        except OSError as error:
            self.close()
            raise _translated(error, self._path) from error

    def close(self) -> None:
        for file in (self._file, self._lock):
            if file is not None:
                os.close(file)
        self._file = self._lock = None

    def steps(self) -> Iterator[Step]:
        """Yield every step; a last line that was cut short by a crash never happened, and is cut off."""
        whole = self._path.read_bytes()
        end = whole.rfind(b"\n") + 1
        if end < len(whole):
            os.ftruncate(self._opened(), end)
        for line in whole[:end].split(b"\n")[:-1]:
            yield msgspec.json.decode(line, type=Step)

    def append(self, step: Step) -> None:
        line = msgspec.json.encode(step) + b"\n"
        file = self._opened()
        end = os.fstat(file).st_size
        try:
            if os.write(file, line) < len(line):
                raise OSError(errno.ENOSPC, "the disk took only a part")
            os.fdatasync(file)
        except OSError as error:
            os.ftruncate(file, end)
            raise _translated(error, self._path) from error

    def replace(self, step: Step) -> None:
        """Begin anew with one step that says all: a crash leaves either the old file or the new one."""
        new = Journal(self._path.with_suffix(".new"))
        new._file = os.open(new._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
        try:
            new.append(step)
        except StorageError:
            new.close()
            raise
        new._path.replace(self._path)
        _sync_folder(self._path.parent)
        os.close(self._opened())
        self._file = new._file

    def _opened(self) -> int:
        if self._file is None:
            raise StorageUnavailableError("the journal is closed: open it first")
        return self._file


def _translated(error: OSError, path: Path) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"{path}: no room: free space on its disk")
    return StorageUnavailableError(f"{path}: {error.strerror}")


def _sync_folder(folder: Path) -> None:
    """A file has its new name for good only when its folder is on the disk."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)

"""Room kept back beside the file, so that a full disk still lets tasks be finished and pruned
(decision 0106)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_BYTES = 1024 * 1024


class Reserve:
    """A file of 1 MiB that is deleted when the disk is full, and made again when there is room."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-reserve")
        self._text = str(self._path)

    @property
    def is_spent(self) -> bool:
        """Whether the room is not there, whichever connection or process has spent it."""
        return not os.path.exists(self._text)  # noqa: PTH110 - asked for each lone enqueue

    def restore(self) -> bool:
        """Whether the room is there, after trying to get it back."""
        return not self.is_spent or self._allocate()

    def spend(self) -> bool:
        """Give the room back to the disk; False if there was none left."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def _allocate(self) -> bool:
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return True
        except OSError:
            return False
        try:
            with os.fdopen(file, "wb") as reserve:
                reserve.write(bytes(_BYTES))  # written out, for a hole would keep nothing
        except OSError:
            with contextlib.suppress(OSError):
                self._path.unlink()
            return False
        return True

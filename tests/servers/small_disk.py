"""A file system of a few MiB, in memory, that can be filled up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]


class Ballast:
    """A file that takes up room until it is dropped."""

    def __init__(self, disk: Path, mebibytes: int) -> None:
        self._path = disk / "ballast"
        self._path.write_bytes(bytes(mebibytes * 1024 * 1024))

    def drop(self) -> None:
        self._path.unlink()


@contextmanager
def small_disk(folder: Path, mebibytes: int, user: int | None = None) -> Iterator[Path]:
    """Mount it on the folder, for that user or the own one. Needs root, or sudo without a password."""
    folder.mkdir()
    owner = f"uid={os.geteuid()},gid={os.getegid()}" if user is None else f"uid={user},gid={user}"
    options = f"size={mebibytes}m,mode=0700,{owner}"
    _run("mount", "-t", "tmpfs", "-o", options, "backstage-journey", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run([*_AS_ROOT, *command], check=True, timeout=10)

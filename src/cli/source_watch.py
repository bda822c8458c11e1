from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_LEFT_OUT = {"__pycache__", "node_modules", "site-packages"}


class SourceWatch:
    """Notices when a Python file of a folder comes, goes or changes. Hidden folders and virtual environments are left
    out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._look()

    def changed(self) -> list[Path]:
        """Those that are not as they were at the last call, by name."""
        before, self._seen = self._seen, self._look()
        return sorted(path for path in before.keys() | self._seen.keys() if before.get(path) != self._seen.get(path))

    def _look(self) -> dict[Path, tuple[int, int]]:
        seen = {}
        for path in _sources(self._folder):
            try:
                state = path.stat()
            except OSError:  # it has just gone
                continue
            seen[path] = (state.st_mtime_ns, state.st_size)
        return seen


def _sources(folder: Path) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _LEFT_OUT or (entry / "pyvenv.cfg").exists():
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _sources(entry)
        elif entry.suffix == ".py":
            yield entry

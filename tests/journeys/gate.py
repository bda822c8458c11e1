"""What gated tasks wait for, in whatever process they run."""

from __future__ import annotations

from pathlib import Path


class Gate:
    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    @property
    def payload(self) -> dict[str, str]:
        """Of a `journey:gated` task behind it."""
        return {"gate": str(self._path)}

    @property
    def is_open(self) -> bool:
        return self._path.exists()

    def open(self) -> None:
        self._path.touch()

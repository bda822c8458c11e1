from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    def new(self) -> str:
        """A UUIDv7 as text: unique everywhere, and later ones of one process sort later."""
        ...

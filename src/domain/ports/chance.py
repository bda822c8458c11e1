from __future__ import annotations

from typing import Protocol


class Chance(Protocol):
    """Where jitter comes from. `random.Random` is one."""

    def random(self) -> float:
        """A number in [0, 1)."""
        ...

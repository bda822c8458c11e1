from __future__ import annotations

from enum import IntFlag


class Hint(IntFlag):
    """What a subscriber hears; several may come together."""

    NOTHING = 0
    WORK = 1
    """Something was stored that a worker, a receiver of broadcasts or a run may want to look at."""
    CALL = 2
    """A worker asks this one to look for work that it cannot take itself."""
    CREW = 4
    """A worker asks this one to look who is there: somebody came or left."""

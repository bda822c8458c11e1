"""Python's collector of reference cycles, set for a process that is a worker and nothing else
(decision 0705)."""

from __future__ import annotations

import gc

THRESHOLDS = 10_000, 20, 20
"""New objects before the youngest are looked through, and how often that is done before older ones are."""


def rest() -> None:
    """Call before the modules are loaded: they make a hundred thousand objects, of which none is garbage."""
    gc.disable()


def go_on() -> None:
    gc.enable()


def look_less_often() -> None:
    """Call once, when all modules are loaded.

    A worker holds thousands of objects for the tasks that it has claimed, and none of them is garbage: the default,
    700 new objects, looks through them again and again, and through all modules with them. What is there now is not
    looked at any more; cycles that handlers leave are still found.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()

"""What the numbers were made on: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import time

from benchmarks.event_loop import LOOP


def machine() -> dict[str, str | int]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "event_loop": LOOP,
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count() or 0,
    }


def core_speed() -> float:
    """Millions of numbers that a core adds up in a second, in Python: the best of three looks.

    A machine that others use, too, may be three times slower at one hour than at another, and nothing else shows it.
    """
    return round(1.0 / min(_seconds_for_a_million() for _ in range(3)), 1)


def _seconds_for_a_million() -> float:
    begun, total = time.perf_counter(), 0
    for number in range(1_000_000):
        total += number
    return time.perf_counter() - begun

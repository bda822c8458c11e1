"""What the numbers were made on: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import sqlite3

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

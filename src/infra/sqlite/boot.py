"""Which boot of the host this is: leases are measured on a clock that begins anew with each."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_LINUX = Path("/proc/sys/kernel/random/boot_id")
_REMEMBER = "INSERT INTO backstage_boots (boot_id) VALUES (?) ON CONFLICT DO NOTHING"
_NUMBER = "SELECT number FROM backstage_boots WHERE boot_id = ?"


def present_boot_id() -> str:
    """Return the system's id of its present boot, an empty text where it has none."""
    try:
        return _LINUX.read_text("ascii").strip()
    except OSError:
        return ""


def boot_number(connection: sqlite3.Connection, boot_id: str) -> int:
    """Return the small number that stands for the boot in the file."""
    row = connection.execute(_NUMBER, (boot_id,)).fetchone()
    if row is None:
        connection.execute(_REMEMBER, (boot_id,))
        row = connection.execute(_NUMBER, (boot_id,)).fetchone()
    number: int = row[0]
    return number

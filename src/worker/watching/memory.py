"""How much memory a process holds, and may hold, as Linux tells it; nothing is known elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_UNLIMITED = 1 << 60
"""What the older form says of a group without a limit is beyond this."""


def resident_bytes(process_ids: Iterable[int]) -> int | None:
    """Return what the processes hold in RAM together, those left out that have ended; None where it is not told."""
    resident = [_resident_pages(process_id) for process_id in process_ids]
    known = [pages for pages in resident if pages is not None]
    return sum(known) * os.sysconf("SC_PAGE_SIZE") if known else None


def memory_limit() -> int | None:
    """Return the bytes that the container of this process may hold, None without a limit."""
    for path in _LIMITS:
        try:
            limit = int(path.read_text())
        except (OSError, ValueError):  # not of this form, or the word "max"
            continue
        return limit if limit < _UNLIMITED else None
    return None


def _resident_pages(process_id: int) -> int | None:
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None

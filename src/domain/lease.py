"""A worker's right to run a task until a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lease:
    worker_id: str
    until: datetime
    """Shown to people; the store measures leases on a clock that nobody can set."""

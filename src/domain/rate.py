from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one type on one queue goes, over the last minutes. `failure_rate` is the share of attempts that failed,
    retried ones too, from 0 to 1; None where none ended."""

    queue: str
    type: str
    started_per_minute: float
    completed_per_minute: float
    failure_rate: float | None

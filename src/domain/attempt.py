"""The record that every claim of a task leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backstage.domain.failure import Failure
from backstage.domain.outcome import OutcomeKind


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claim: by whom, from when to when, and how it ended. `fence` is the claim's fencing token."""

    task_id: str
    fence: int
    number: int
    """The attempt this claim was (from 1); an interrupted claim shares its number with the next one."""
    worker_id: str
    started_at: datetime
    ended_at: datetime
    outcome: OutcomeKind
    failure: Failure | None = None

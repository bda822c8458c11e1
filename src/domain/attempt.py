"""The record that every claim of a task leaves."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from backstage.domain.failure import Failure
from backstage.domain.outcome import OutcomeKind


class Attempt(Struct, frozen=True, gc=False):
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

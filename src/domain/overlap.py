"""What becomes of a tick while the task of an earlier one still lives."""

from __future__ import annotations

from enum import StrEnum


class Overlap(StrEnum):
    """What becomes of a tick while the task of an earlier one has not ended.

    ALLOW stores both. SKIP stores no second task. REPLACE cancels the task of the last tick, then stores the new one.
    """

    ALLOW = "allow"
    SKIP = "skip"
    REPLACE = "replace"

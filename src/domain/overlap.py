"""What becomes of a tick while the task of an earlier one still lives."""

from __future__ import annotations

from enum import StrEnum


class Overlap(StrEnum):
    """ALLOW lets both be, SKIP stores no second task while one is pending or running, REPLACE cancels the task of the
    tick that was fired last and then stores the new one."""

    ALLOW = "allow"
    SKIP = "skip"
    REPLACE = "replace"

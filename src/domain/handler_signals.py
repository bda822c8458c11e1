"""What a handler raises to say more than "it failed"."""

from __future__ import annotations

from backstage.domain.limits import check_seconds


class RetryLater(Exception):
    """Run this task again in `delay` seconds. Spends no attempt."""

    def __init__(self, delay: float, reason: str = "") -> None:
        self.delay = check_seconds("delay", delay)
        super().__init__(reason or f"retry in {delay:g} s")


class GiveUp(Exception):
    """This task can never succeed: dead-letter it now, whatever attempts are left."""


class CancelTask(Exception):
    """This task is no longer wanted: end it as CANCELLED. Raised by `context.cancel()`."""

"""Who paused something, and why: what may be said, and how it is told."""

from __future__ import annotations

from backstage.domain.limits import check_text, storable
from backstage.domain.ports.queue_control import Pause

MAX_PAUSE_REASON = 500
MAX_PAUSED_BY = 200


def check_pause_reason(reason: str | None) -> str | None:
    """Return it as one line, None where it says nothing. Raises InvalidTaskDataError."""
    line = " ".join(reason.split()) if isinstance(reason, str) else reason
    return check_text("reason", line, MAX_PAUSE_REASON) if line else None


def paused_by(name: str | None) -> str | None:
    """Return the name of who pauses as one line, cut where it is too long: a login may give any name."""
    return " ".join(storable(name, MAX_PAUSED_BY).split()) or None if name else None


def who_and_why(pause: Pause) -> str:
    """` by ops: “provider down”`, to stand behind a word such as `Paused`; empty where neither is known."""
    by = f" by {pause.by}" if pause.by else ""
    return f"{by}: “{pause.reason}”" if pause.reason else by

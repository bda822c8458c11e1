from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_text

AUDIT_KEPT_FOR = timedelta(days=365)
"""How long an entry is kept."""
MOST_ENTRIES = 200
"""Of one page."""
MOST_LOOKED_AT = 2_000
"""For one page that is narrowed."""
LAST = "g"
"""What is greater than every id."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class AuditOutcome(StrEnum):
    """What became of an action."""

    BEGUN = "begun"
    """It is going on; where it stays so, the process died or the store did not answer, and nobody knows."""
    DONE = "done"
    FAILED = "failed"
    """It was refused, and changed nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Somebody did something, or began to. Only what became of it is written later."""

    id: str
    """Later entries sort later."""
    at: datetime
    who: str
    action: str
    """The name of the use case, such as `cancel_task`."""
    target: str
    """What it was done to: the id of a task, the name of a queue; empty where there is no single target."""
    tasks: int
    """How many tasks it changed."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The other arguments, as JSON can hold them; never a payload."""
    outcome: AuditOutcome = AuditOutcome.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries are asked for; what is None does not narrow. `after` is a page's `next_after`."""

    who: str | None = None
    action: str | None = None
    target: str | None = None
    limit: int = 50
    after: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.limit, int) or isinstance(self.limit, bool) or not 1 <= self.limit <= MOST_ENTRIES:
            raise InvalidTaskDataError.of("limit", f"must be a whole number from 1 to {MOST_ENTRIES}")
        for name in ("who", "action", "target", "after"):
            if getattr(self, name) is not None:
                check_text(name, getattr(self, name), 512)

    @property
    def looks_at(self) -> int:
        """At how many entries a store looks for one page."""
        return self.limit + 1 if (self.who, self.action, self.target) == (None, None, None) else MOST_LOOKED_AT

    def page_of(self, looked_at: Sequence[AuditEntry]) -> AuditPage:
        """Return the page that is among the newest `looks_at` entries, or fewer where there are no more."""
        entries = [entry for entry in looked_at if self._wants(entry)]
        if len(entries) > self.limit:
            return AuditPage(entries[: self.limit], entries[self.limit - 1].id)
        return AuditPage(entries, looked_at[-1].id if len(looked_at) == self.looks_at else None)

    def _wants(self, entry: AuditEntry) -> bool:
        wanted = (self.who, entry.who), (self.action, entry.action), (self.target, entry.target)
        return all(asked is None or asked == had for asked, had in wanted)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first. There may be more while `next_after` is set, even behind a page that is not full."""

    entries: Sequence[AuditEntry]
    next_after: str | None


def new_audit_id(at: datetime) -> str:
    """An id that sorts by its moment; the rest keeps those of one microsecond apart."""
    return f"{first_audit_id(at)}{secrets.token_hex(5)}"


def first_audit_id(at: datetime) -> str:
    """What is less than every id of that moment or later, and greater than every earlier one."""
    return f"{(at - _EPOCH) // _MICROSECOND:014x}-"

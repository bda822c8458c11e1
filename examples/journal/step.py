"""What one call changes in a store: one line of the journal, all of it or nothing."""

from __future__ import annotations

from datetime import datetime

import msgspec

from backstage import Attempt, AuditEntry, BroadcastMessage, BulkOperation, Pause, Subscription, Task, Token
from backstage.ports import Count


class KeptSchedule(msgspec.Struct, frozen=True):
    """A schedule; `cron` is the text of `document_of`."""

    name: str
    cron: str
    last_tick: datetime
    is_paused: bool
    pause: Pause | None = None


class KeptMessage(msgspec.Struct, frozen=True):
    """A broadcast message. `number` counts from 1 and is never given twice: it is the position after the message."""

    number: int
    stored_at: datetime
    message: BroadcastMessage


class KeptToken(msgspec.Struct, frozen=True):
    """A token under the digest of its secret."""

    digest: str
    token: Token


class Step(msgspec.Struct, omit_defaults=True):
    """Applied in the order of the fields. Tasks, pauses and schedules are whole, as they are after the step."""

    tasks: list[Task] = []
    attempts: list[Attempt] = []
    keys: list[tuple[str, str, str | None]] = []
    """Queue, dedupe key and the id of the task that holds it now, None when nobody does."""
    pruned: list[str] = []
    pruned_counts: list[Count] = []
    """At least so many pruned tasks there are, as another store has counted them."""
    pauses: list[Pause] = []
    resumed: list[tuple[str, str]] = []
    schedules: list[KeptSchedule] = []
    deleted_schedules: list[str] = []
    messages: list[KeptMessage] = []
    subscriptions: list[Subscription] = []
    deleted_subscriptions: list[str] = []
    audit: list[AuditEntry] = []
    bulk: list[BulkOperation] = []
    deleted_bulk: list[str] = []
    tokens: list[KeptToken] = []
    deleted_tokens: list[str] = []
    """Digests."""
